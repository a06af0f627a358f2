// @ts-check
/** Sends a file to the detector and says what it found. */

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const input = /** @type {HTMLInputElement} */ (part('file'));
const drop = part('drop');

/** The number of the newest question: answers to older ones are not shown.
 * @type {{asked: number}} */
const state = { asked: 0 };

/** @param {string} kind @param {string} verdict @param {string} text @param {[string, string][]} facts */
function show(kind, verdict, text, facts = []) {
  const answer = part('answer');
  answer.hidden = false;
  answer.dataset.kind = kind;
  part('verdict').textContent = verdict;
  part('text').textContent = text;
  part('facts').replaceChildren(
    ...facts.flatMap(([name, value]) => [
      Object.assign(document.createElement('dt'), { textContent: name }),
      Object.assign(document.createElement('dd'), { textContent: value }),
    ]),
  );
}

/** @param {any} found @returns {[string, string][]} */
function facts(found) {
  /** @type {[string, string | undefined][]} */
  const all = [
    ['Mark', found.mark_id],
    ['Confidence', found.marked ? found.confidence.toFixed(6) : undefined],
    ['Made', found.statement && new Date(found.statement.made_at).toLocaleString()],
    ['Session', found.statement?.session],
    ['Frames looked at', String(found.frames)],
    ['C2PA manifest', found.c2pa],
  ];
  return /** @type {[string, string][]} */ (all.filter(([, value]) => value));
}

/** @param {File} file */
async function ask(file) {
  const mine = ++state.asked;
  show('busy', 'Looking…', `${file.name}. This can take some seconds.`);
  const body = new FormData();
  body.append('file', file);
  try {
    const response = await fetch('/v1/provenance/detect', { method: 'POST', body });
    const { data, msg } = await response.json();
    if (mine !== state.asked) return;
    if (!response.ok) show('trouble', 'This file could not be looked at.', msg);
    else show(data.marked ? 'marked' : 'plain', data.marked ? 'Marked: modified by AI.' : 'No mark was found.', data.text, facts(data));
  } catch {
    if (mine === state.asked) show('trouble', 'The server does not answer.', 'Try again in a moment.');
  }
}

input.addEventListener('change', () => {
  const file = input.files?.[0];
  if (file) ask(file);
  input.value = '';
});
for (const event of ['dragenter', 'dragover']) {
  drop.addEventListener(event, (e) => { e.preventDefault(); drop.classList.add('over'); });
}
for (const event of ['dragleave', 'drop']) drop.addEventListener(event, () => drop.classList.remove('over'));
drop.addEventListener('drop', (e) => {
  e.preventDefault();
  const file = e.dataTransfer?.files[0];
  if (file) ask(file);
});
