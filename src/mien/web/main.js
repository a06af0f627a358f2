// @ts-check
/** The page's beginning: who is signed in, and which part of the page is shown. */

import { Api } from './api.js';
import { Studio } from './studio.js';

const TOKEN = 'mien.token';

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** The token of the address, which is then taken out of it, or the one kept for this tab. */
function findToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(TOKEN, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(TOKEN);
}

/** @param {Studio} studio @param {string} token */
async function enter(studio, token) {
  sessionStorage.setItem(TOKEN, token);
  byId('sign-in').hidden = true;
  byId('studio').hidden = byId('sign-out').hidden = false;
  await studio.open(new Api(token));
}

/** @param {Studio} studio */
async function leave(studio) {
  sessionStorage.removeItem(TOKEN);
  byId('studio').hidden = byId('sign-out').hidden = true;
  byId('sign-in').hidden = false;
  await studio.shut();
  byId('client-id').focus();
}

/** @param {Studio} studio @param {Event} event */
async function signIn(studio, event) {
  event.preventDefault();
  const id = /** @type {HTMLInputElement} */ (byId('client-id'));
  const secret = /** @type {HTMLInputElement} */ (byId('client-secret'));
  try {
    const token = await Api.signIn(id.value.trim(), secret.value.trim());
    secret.value = '';
    byId('problem').hidden = true;
    await enter(studio, token);
    byId('main').focus();
  } catch (error) {
    studio.tell(error);
    secret.select();
  }
}

const studio = new Studio(byId);
studio.addEventListener('signed-out', () => leave(studio));
byId('sign-out').addEventListener('click', () => leave(studio));
byId('sign-in-form').addEventListener('submit', (event) => signIn(studio, event));
// An address with a new token, opened in the tab that is here already.
window.addEventListener('hashchange', () => {
  if (new URLSearchParams(location.hash.slice(1)).has('token')) {
    enter(studio, /** @type {string} */ (findToken()));
  }
});

const token = findToken();
if (token) enter(studio, token);
else leave(studio);
