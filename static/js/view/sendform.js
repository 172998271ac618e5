/** The sandbox's left column: who sends what to whom; how it ended, and why; what was sent before. */
/** @import {SandboxSend} from '../wire/lesson.js' */
/** @import {Scene} from '../wire/scene.js' */
/** @import {Trace} from '../wire/protocol.js' */
/** @import {Slots} from '../state/types.js' */
import {keepFocus} from './focus.js';
import {chipText} from './chips.js';
import {fill, h} from './dom.js';
import {languageTag, t, word} from './i18n.js';
import {verdictText} from './narration.js';

/**
 * @typedef {object} SendForm
 * @property {ReadonlyArray<string>} who
 * @property {ReadonlyArray<Readonly<Record<string, any>>>} presets
 * @property {Scene | null} scene
 * @property {{from: string, to: string, ttl: string, size: string, sport: string, df: boolean}} values
 * @property {boolean} more   whether the further fields are open
 * @property {boolean} busy
 * @property {{message: string, hint: string} | null} problem
 */
/** @typedef {{readonly request: SandboxSend, readonly trace: Trace, readonly scene: Scene}} Run */
/** @typedef {{readonly form: SendForm, readonly runs: ReadonlyArray<Run>, readonly current: number, readonly slots: Slots}} SandboxState */
/** @typedef {{readonly send: (request: SandboxSend) => void, readonly show: (index: number) => void, readonly changed: () => void, readonly play: () => void, readonly why: () => void}} SandboxActions */

/** @returns {SendForm} */
export function newForm() {
  return {who: [], presets: [], scene: null, values: {from: '', to: '', ttl: '', size: '', sport: '', df: false}, more: false, busy: false, problem: null};
}

/**
 * @param {HTMLElement} host
 * @param {SandboxState} state
 * @param {SandboxActions} actions
 */
export function drawSandbox(host, state, actions) {
  const run = state.runs[state.current];
  keepFocus(host, () => fill(host, h('div', {class: 'scroll', tabindex: -1},
    h('header', {}, h('h2', {class: 'send-title'}, t('send.title')), h('p', {class: 'help'}, t('send.lead'))),
    sendForm(state.form, actions), run && result(run, state.slots, actions), state.runs.length > 1 && earlier(state, actions))));
}

/**
 * @param {SendForm} form
 * @param {SandboxActions} actions
 */
function sendForm(form, actions) {
  const {values} = form;
  const from = h('select', {class: 'input', id: 'send-from', 'data-key': 'from', onchange: () => { values.from = from.value; }},
    ...form.who.map((who) => h('option', {value: who, selected: who === values.from}, who)));
  const to = h('input', {class: 'input', id: 'send-to', 'data-key': 'to', value: values.to, placeholder: form.presets[0]?.['to'] ?? 'icmp://', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off',
    'aria-invalid': String(form.problem !== null), 'aria-describedby': form.problem === null ? 'send-help' : 'send-problem', oninput: () => { values.to = to.value; }});
  return h('form', {class: 'send', novalidate: true, onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); if (!form.busy) actions.send(request(form)); }},
    h('div', {class: 'field'}, h('label', {for: 'send-from'}, t('send.from')), from),
    h('div', {class: 'field'}, h('label', {for: 'send-to'}, t('send.to')), to, problem(form), examples(form, to, actions)),
    further(form), protocols(),
    h('button', {type: 'submit', class: 'btn primary', 'data-key': 'send', 'aria-disabled': String(form.busy)}, t(form.busy ? 'send.busy' : 'send.send')));
}

/** @param {SendForm} form */
function problem({problem: told}) {
  return told === null ? null : h('div', {class: 'problem', id: 'send-problem', role: 'alert'}, told.message, told.hint !== '' && h('small', {}, told.hint));
}

/**
 * @param {SendForm} form
 * @param {HTMLInputElement} to
 * @param {SandboxActions} actions
 */
function examples(form, to, actions) {
  return h('div', {class: 'examples', role: 'group', 'aria-label': t('send.examples')}, ...form.presets.map((preset) => h('button', {type: 'button', title: `${preset['from']} → ${preset['to']}`, onclick: () => {
    form.values.from = preset['from'] ?? form.values.from;
    form.values.to = to.value = preset['to'] ?? '';
    form.problem = null;
    actions.changed();
  }}, presetLabel(preset))));
}

/** @param {Readonly<Record<string, any>>} preset @returns {string} */
function presetLabel({label, to}) {
  if (label && typeof label === 'object') return label[languageTag() === 'en' ? 'en' : 'zh'] ?? to;
  return label ?? to;
}

/** @param {SendForm} form */
function further(form) {
  const {values} = form;
  const number = (/** @type {'ttl' | 'size' | 'sport'} */ name, /** @type {string} */ hint) => {
    const input = h('input', {class: 'input', id: `send-${name}`, 'data-key': name, inputmode: 'numeric', value: values[name], placeholder: hint, oninput: () => { values[name] = input.value; }});
    return h('div', {class: 'field'}, h('label', {for: `send-${name}`}, t(`send.${name}`)), input);
  };
  const df = h('input', {type: 'checkbox', 'data-key': 'df', checked: values.df, onchange: () => { values.df = df.checked; }});
  const details = h('details', {open: form.more, ontoggle: () => { form.more = details.open; }}, h('summary', {'data-key': 'more'}, t('send.more')),
    h('div', {class: 'grid'}, number('ttl', '64'), number('size', '56'), number('sport', t('send.auto'))), h('label', {class: 'check'}, df, t('send.df')));
  return details;
}

function protocols() {
  const row = (/** @type {string} */ form, /** @type {string} */ key) => [h('dt', {}, form), h('dd', {}, t(key))];
  return h('details', {id: 'send-help'}, h('summary', {'data-key': 'schemes'}, t('send.schemes')), h('dl', {class: 'schemes'},
    ...row('icmp://HOST', 'send.icmp'), ...row('tcp://HOST:PORT', 'send.tcp'), ...row('udp://HOST:PORT', 'send.udp'), ...row('dns://NAME', 'send.dns'), ...row('http://HOST/PATH', 'send.http'), ...row('https://HOST/PATH', 'send.https')),
    h('p', {class: 'help'}, t('send.host')));
}

/**
 * @param {SendForm} form
 * @returns {SandboxSend}
 */
function request({values}) {
  /** @type {SandboxSend} */
  const wanted = {from: values.from, to: values.to.trim()};
  for (const name of /** @type {const} */ (['ttl', 'size', 'sport'])) {
    const text = values[name].trim();
    if (text !== '') wanted[name] = Number.isFinite(Number(text)) ? Number(text) : /** @type {any} */ (text);
  }
  return values.df ? {...wanted, df: true} : wanted;
}

/**
 * @param {Run} run
 * @param {Slots} slots
 * @param {SandboxActions} actions
 */
function result({trace}, slots, actions) {
  const {verdict} = trace;
  if (verdict === null) return null;
  const good = verdict.outcome === 'delivered';
  const rows = [['result.learns', word('learns', verdict.sender_learns)], ['result.at', verdict.at ?? ''], ['result.hops', String(trace.total)]].filter(([, value]) => value !== '');
  const reason = verdictText(trace);
  return h('section', {class: 'result', 'data-ok': String(good), tabindex: -1, 'aria-labelledby': 'result-title', 'data-key': 'result', 'data-testid': 'result'},
    h('h2', {id: 'result-title'}, h('span', {'aria-hidden': 'true'}, good ? '✓' : '✕'), word('outcome', verdict.outcome)),
    h('p', {}, ...chipText(reason.slice(reason.indexOf(':') + 1).trim(), slots)),
    h('dl', {}, ...rows.flatMap(([key, value]) => [h('dt', {}, t(key ?? '')), h('dd', {}, value ?? '')])),
    h('div', {class: 'row'}, h('button', {type: 'button', class: 'btn', 'data-key': 'replay', onclick: actions.play}, t('result.play')),
      h('button', {type: 'button', class: 'btn quiet', 'data-key': 'why', onclick: actions.why}, t(good ? 'result.end' : 'result.why'))));
}

/**
 * @param {SandboxState} state
 * @param {SandboxActions} actions
 */
function earlier({runs, current}, actions) {
  return h('section', {}, h('h3', {class: 'label'}, t('send.runs')), h('div', {class: 'runs'}, ...runs.map(({trace, request: {from, to}}, index) => {
    const good = trace.verdict?.outcome === 'delivered';
    return h('button', {type: 'button', 'data-key': `run-${index}`, 'aria-current': index === current ? 'true' : null, onclick: () => actions.show(index)},
      h('span', {class: good ? 'ok' : 'no', 'aria-label': word('outcome', trace.verdict?.outcome ?? '')}, good ? '✓' : '✕'), h('span', {class: 'to'}, `${from.split('/').pop()} → ${to}`));
  })));
}
