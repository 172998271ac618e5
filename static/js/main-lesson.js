/** The lesson page: wires the player to the page, its keys and its URL. */
/** @import {NextLesson} from './view/lessonplayer.js' */
import {byId} from './view/dom.js';
import {onLanguage} from './view/i18n.js';
import {listenKeys} from './view/keys.js';
import {LessonPlayer} from './view/lessonplayer.js';
import {mountTabs, stageNotice, startPage} from './view/page.js';
import {watch} from './view/session.js';
import {drawStorySkeleton} from './view/story.js';
import {flipLanguage, mountTopbar} from './view/topbar.js';
import {mountWorkbench, sharedKeys} from './view/workbench.js';

/** @returns {NextLesson | null} as the template says */
function nextLesson() {
  const {next, nextZh, nextEn} = document.body.dataset;
  return next ? {id: next, title: {zh: nextZh ?? '', en: nextEn ?? ''}} : null;
}

const {session, link} = await startPage();
drawStorySkeleton(byId('story'));
const stage = mountWorkbench(session);
stageNotice(byId('stage'));
const chooseTab = mountTabs(byId('sheet-tabs'), byId('main'), 'tab.story');
const player = new LessonPlayer(document.body.dataset['lesson'] ?? '', nextLesson(), {session, link, chooseTab});

watch(session, [(v) => v.player.index, (v) => v.level, (v) => v.look, (v) => v.language], () => {
  if (player.step !== null) history.replaceState(null, '', player.place);
});
onLanguage(() => player.draw());

const keys = {
  ...sharedKeys(session, stage, chooseTab),
  lessonStep: (/** @type {1 | -1} */ direction) => void player.enter(player.number + direction, {focus: true}),
  option: (/** @type {number} */ number) => player.option(number),
  language: flipLanguage,
};
mountTopbar(byId('tools'), {session, keys, link: () => new URL(player.place, location.href).href});
listenKeys(session, keys);
await player.open();
