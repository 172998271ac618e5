/** The error pages: language and theme, nothing else. */
import {byId} from './view/dom.js';
import {languageTag, useLanguage, wantedLanguage} from './view/i18n.js';
import {newSession} from './view/session.js';
import {mountTopbar, lettersPref} from './view/topbar.js';

await useLanguage(wantedLanguage());
mountTopbar(byId('tools'), {session: newSession(languageTag(), lettersPref()), keys: {}});
