/**
 * What the socket events carry about lessons and the sandbox. Types only. Every `Text` named `say`, `why`, `after`, `errata`,
 * `prompt`, `hint` is safe HTML that the server rendered from Markdown.
 */
/** @import {Text, ElementId, WireMessage, Lang} from './protocol.js' */
/** @import {Scene} from './scene.js' */

/** @typedef {{readonly value: string, readonly label: Text}} AskOption */
/**
 * A question of a step.
 * @typedef {object} Ask
 * @property {'choice' | 'next-hop' | 'field' | 'multi' | 'order'} kind
 * @property {Text} prompt
 * @property {ReadonlyArray<AskOption>} options   empty for `field`
 * @property {'open' | 'right' | 'skipped'} state
 * @property {number} tries
 * @property {Text | null} hint
 */
/** @typedef {{readonly value: string, readonly why: Text, readonly right: boolean}} Answer */
/** @typedef {{readonly id: string, readonly title: Text, readonly wire: WireMessage}} LessonTrace */
/** @typedef {{readonly text: Text, readonly ok: true}} CheckedFact */
/**
 * Where the eye should be.
 * @typedef {object} Look
 * @property {ReadonlyArray<ElementId>} focus
 * @property {1 | 2 | 3} level
 * @property {string} camera   `fit`, `follow` or an element id
 * @property {ReadonlyArray<string>} [pause]   hop kinds at which playing stops
 */
/**
 * @typedef {object} StepView
 * @property {string} id
 * @property {Text} title
 * @property {Text} say
 * @property {Scene} scene
 * @property {Ask | null} ask
 * @property {Answer | null} answer   null while the question is open
 * @property {ReadonlyArray<LessonTrace>} traces
 * @property {Look} look
 * @property {ReadonlyArray<CheckedFact>} facts   empty while the question is open
 * @property {Text | null} after
 * @property {Text | null} errata
 */
/** @typedef {{readonly id: string, readonly title: Text, readonly done: boolean}} StepHead */
/**
 * @typedef {object} LessonView
 * @property {string} id
 * @property {Text} title
 * @property {Text} summary
 * @property {number} minutes
 * @property {string} level
 * @property {ReadonlyArray<Text>} objectives
 * @property {Scene} scene
 * @property {ReadonlyArray<StepHead>} steps
 * @property {ReadonlyArray<Readonly<Record<string, string | Text>>>} terms
 */

/** @typedef {{readonly ok: false, readonly error: {readonly message: string, readonly hint: string}}} Failure */
/** @typedef {{readonly lesson: string, readonly lang: Lang}} OpenLesson */
/** @typedef {Failure | {readonly ok: true, readonly lesson: LessonView}} LessonOpened */
/** @typedef {{readonly lesson: string, readonly step: string}} EnterStep   also for `ask.skip` */
/** @typedef {Failure | {readonly ok: true, readonly step: StepView}} StepEntered */
/** @typedef {{readonly lesson: string, readonly step: string, readonly value: string}} GiveAnswer */
/** @typedef {Failure | {readonly ok: true, readonly right: boolean, readonly why: Text, readonly tries: number, readonly step: StepView | null}} Answered */
/** @typedef {{readonly id: string, readonly label: string}} Party   someone who can send */
/**
 * @typedef {object} SandboxSend
 * @property {string} from
 * @property {string} to
 * @property {number} [ttl]
 * @property {number} [size]   bytes
 * @property {boolean} [df]
 * @property {number} [sport]
 * @property {number} [seed]
 */
/** @typedef {Failure | {readonly ok: true, readonly trace: WireMessage, readonly scene: Scene}} SandboxSent */
/** @typedef {Failure | {readonly ok: true, readonly scene: Scene, readonly who: ReadonlyArray<string>, readonly presets: ReadonlyArray<Readonly<Record<string, string>>>}} SandboxOpened */

export {};
