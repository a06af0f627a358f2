// @ts-check
/** The face chooser: samples, faces kept by the server, and pictures chosen, dropped or pasted. */

import { FACES } from './messages.js';

/** @typedef {import('./api.js').Source} Source */

/**
 * One face that can be chosen.
 * @typedef {object} Face
 * @property {string} name
 * @property {string} picture address of what is shown
 * @property {Source | null} source null until the server has read it
 * @property {boolean} sample shipped with the page
 */

/** @type {readonly {name: string, picture: string}[]} */
const SAMPLES = Object.freeze([
  { name: 'Eileen Collins, astronaut', picture: 'faces/astronaut.jpg' },
  { name: 'Grace Hopper, rear admiral', picture: 'faces/grace_hopper.jpg' },
]);
const REMEMBERED = 'mien.samples';
const SHAPE_TOLERANCE = 0.02;

/** Dispatches 'chosen' (detail: a Face with its source) and 'problem' (detail: an error). */
export class FaceChooser extends EventTarget {
  /** @type {import('./api.js').Api | null} */
  #api = null;
  /** @type {Face[]} */
  #faces = [];
  /** @type {Face | null} */
  #chosen = null;
  #turn = 0;
  #parts;

  /** @param {(id: string) => HTMLElement} byId */
  constructor(byId) {
    super();
    this.#parts = {
      list: byId('faces'),
      file: /** @type {HTMLInputElement} */ (byId('file')),
      status: byId('face-status'),
      found: byId('found'),
      picture: /** @type {HTMLImageElement} */ (byId('found-picture')),
      region: byId('found-region'),
      notes: byId('face-notes'),
    };
    this.#parts.file.addEventListener('change', () => this.#takeFiles(this.#parts.file.files));
    this.#parts.picture.addEventListener('load', () => this.#drawRegion());
    document.addEventListener('paste', (event) => this.#takeFiles(event.clipboardData?.files));
    acceptDrops((files) => this.#takeFiles(files));
  }

  /** @returns {Face | null} the face in use, read by the server */
  get chosen() {
    return this.#chosen;
  }

  /** Ask the server for the faces that it keeps. @param {import('./api.js').Api} api */
  async load(api) {
    this.#api = api;
    const kept = await api.listSources();
    const ids = remembered();
    const samples = SAMPLES.map((sample) => {
      const source = kept.find((s) => s.id === ids[sample.picture]) ?? null;
      return { ...sample, source, sample: true };
    });
    const own = kept.filter((s) => !samples.some((f) => f.source?.id === s.id));
    this.#faces = [...samples, ...own.map((source, i) => ownFace(source, i + 1))];
    this.#render();
  }

  clear() {
    this.#faces = [];
    this.#chosen = null;
    this.#render();
    this.#showFound();
    this.#say('');
  }

  /** Say something below the faces. @param {string} text */
  say(text) {
    this.#say(text);
  }

  /** Go back to a face, after the server has refused another. @param {Face | null} face */
  restore(face) {
    this.#chosen = face;
    this.#render();
    this.#showFound();
  }

  /** @param {FileList | null | undefined} files */
  #takeFiles(files) {
    const file = files?.[0];
    if (!file || !this.#api) return;
    this.#parts.file.value = '';
    if (!file.type.startsWith('image/')) return this.#fail({ kind: 'notPicture' });
    const picture = URL.createObjectURL(file);
    const name = FACES.own(this.#faces.filter((f) => !f.sample).length + 1);
    this.#choose({ name, picture, source: null, sample: false }, file);
  }

  /** @param {Face} face @param {Blob} [blob] its bytes, where they are at hand */
  async #choose(face, blob) {
    const turn = ++this.#turn;
    this.#say(FACES.reading);
    try {
      face.source ??= await this.#read(face, blob);
      if (!this.#faces.includes(face)) this.#faces.push(face);
      if (turn !== this.#turn) return this.#render();
      this.#use(face, face.source);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** @param {Face} face @param {Blob} [blob] @returns {Promise<Source>} */
  async #read(face, blob) {
    const api = /** @type {import('./api.js').Api} */ (this.#api);
    const bytes = blob ?? (await (await fetch(face.picture)).blob());
    const source = await api.addSource(bytes);
    if (face.sample) remember(face.picture, source.id);
    return source;
  }

  /** @param {Face} face @param {Source} source */
  #use(face, source) {
    this.#chosen = face;
    this.#render();
    this.#showFound();
    this.#say(FACES.found(source.faces));
    this.dispatchEvent(new CustomEvent('chosen', { detail: face }));
  }

  /** @param {Face} face */
  async #remove(face) {
    try {
      await this.#api?.removeSource(/** @type {Source} */ (face.source).id);
    } catch (error) {
      return this.#fail(error);
    }
    this.#faces = this.#faces.filter((f) => f !== face);
    if (this.#chosen === face) this.restore(null);
    else this.#render();
    this.#say(FACES.removed);
    this.dispatchEvent(new CustomEvent('removed'));
    this.#parts.file.focus();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#say('');
    this.#render();
    this.dispatchEvent(new CustomEvent('problem', { detail: error }));
  }

  /** @param {string} text */
  #say(text) {
    this.#parts.status.textContent = text;
  }

  #render() {
    const held = this.#parts.list.contains(document.activeElement);
    this.#parts.list.replaceChildren(...this.#faces.map((face) => this.#thumb(face)));
    if (held) this.#parts.list.querySelector('input:checked')?.focus();
  }

  /** @param {Face} face @returns {HTMLLIElement} */
  #thumb(face) {
    const radio = element('input', { type: 'radio', name: 'face', checked: face === this.#chosen });
    radio.addEventListener('change', () => this.#choose(face));
    const image = element('img', { src: face.picture, alt: '', title: face.name });
    const name = element('span', { className: 'thumb-name', textContent: face.name });
    const label = element('label', { className: 'thumb' }, radio, image, name);
    const item = element('li', { role: 'presentation' }, label);
    if (!face.sample) item.append(this.#removeButton(face));
    return item;
  }

  /** @param {Face} face @returns {HTMLButtonElement} */
  #removeButton(face) {
    const button = element('button', { type: 'button', className: 'remove', title: FACES.remove(face.name) });
    button.setAttribute('aria-label', FACES.remove(face.name));
    button.innerHTML = '<svg class="icon" aria-hidden="true"><use href="#i-close"/></svg>';
    button.addEventListener('click', () => this.#remove(face));
    return button;
  }

  #showFound() {
    const { found, picture, region, notes } = this.#parts;
    const face = this.#chosen;
    found.hidden = !face;
    region.hidden = true;
    if (face) picture.src = face.picture;
    if (face) this.#drawRegion();
    const lines = face?.source?.notes ?? [];
    notes.replaceChildren(...lines.map((textContent) => element('li', { textContent })));
  }

  /** A kept face may have a cut-out as its picture; the region belongs to the whole one. */
  #drawRegion() {
    const { picture, region } = this.#parts;
    const source = this.#chosen?.source;
    if (!source?.face || !picture.naturalWidth) return;
    const shape = (picture.naturalWidth / picture.naturalHeight) * (source.height / source.width);
    if (Math.abs(shape - 1) > SHAPE_TOLERANCE) return;
    const [x, y, width, height] = source.face.region;
    region.style.left = `${(100 * x) / source.width}%`;
    region.style.top = `${(100 * y) / source.height}%`;
    region.style.width = `${(100 * width) / source.width}%`;
    region.style.height = `${(100 * height) / source.height}%`;
    region.hidden = false;
  }
}

/** @param {Source} source @param {number} number @returns {Face} */
function ownFace(source, number) {
  return { name: FACES.own(number), picture: source.preview, source, sample: false };
}

/** @param {(files: FileList | undefined) => void} take */
function acceptDrops(take) {
  const root = document.documentElement;
  const mark = (/** @type {DragEvent} */ event, /** @type {boolean} */ over) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    root.classList.toggle('dropping', over);
  };
  root.addEventListener('dragover', (event) => mark(event, true));
  root.addEventListener('dragleave', (event) => mark(event, false));
  root.addEventListener('drop', (event) => {
    mark(event, false);
    take(event.dataTransfer?.files);
  });
}

/** @returns {Record<string, string>} ids of the samples that this server has read already */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {string} picture @param {string} id */
function remember(picture, id) {
  localStorage.setItem(REMEMBERED, JSON.stringify({ ...remembered(), [picture]: id }));
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {object} properties @param {...Node} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
