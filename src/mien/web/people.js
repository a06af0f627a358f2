// @ts-check
/** Who wears the face: one person, everybody, or each of those before the camera his own. */

import { element, removeButton } from './element.js';
import { PEOPLE } from './messages.js';

/** @typedef {import('./sources.js').Face} Face */
/** @typedef {'largest' | 'all' | 'chosen'} Mode */

/**
 * Somebody whom the camera saw.
 * @typedef {object} Person
 * @property {string} name
 * @property {string} picture address of a cut-out
 * @property {string} opts where his face is in the camera's picture, as the server says it
 * @property {number} left where it begins, in pixels
 * @property {Face | null} face what he wears; null: he stays as he is
 */

const QUALITY = 0.9;
const CUTOUT = 112;
/** How much of the head is cut out, in sizes of the face. */
const HEAD = 1.5;

/**
 * Dispatches 'changed' when faces are given out in another way, 'turned' (detail: a Face or null)
 * when another person is to be given one, and 'problem' (detail: an error).
 */
export class People extends EventTarget {
  /** @type {import('./api.js').Api | null} */
  #api = null;
  /** @type {Mode} */
  #mode = 'largest';
  /** @type {Person[]} from left to right */
  #people = [];
  /** @type {Person | null} who is given the next face */
  #turn = null;
  /** @type {Face | null} what was chosen last */
  #last = null;
  #frame = '';
  #parts;

  /** @param {(id: string) => HTMLElement} byId */
  constructor(byId) {
    super();
    this.#parts = {
      camera: /** @type {HTMLVideoElement} */ (byId('camera')),
      modes: byId('wearers'),
      each: /** @type {HTMLInputElement} */ (byId('wearer-each')),
      list: byId('people'),
      hint: byId('people-hint'),
      again: byId('look-again'),
    };
    this.#parts.modes.addEventListener('change', (event) => this.#choose(mode(event)));
    this.#parts.again.addEventListener('click', () => this.#look());
  }

  /** @param {import('./api.js').Api | null} api */
  use(api) {
    this.#api = api;
    this.see(false);
  }

  /** Faces can be given to each while there is a picture. @param {boolean} on */
  see(on) {
    this.#parts.each.disabled = !on;
    if (!on && this.#mode === 'chosen') this.#set('largest');
    this.#render();
  }

  /** Give a face to whose turn it is. @param {Face} face @returns {() => void} takes it back */
  dress(face) {
    const person = this.#mode === 'chosen' ? this.#turn : null;
    const before = person?.face ?? null;
    this.#last = face;
    if (!person) return () => {};
    person.face = face;
    this.#render();
    return () => {
      person.face = before;
      this.#turnTo(person);
    };
  }

  /** Nobody wears a face that is gone. @param {Face} face */
  forget(face) {
    if (this.#last === face) this.#last = null;
    for (const person of this.#people) if (person.face === face) person.face = null;
    this.#render();
  }

  /** What the server is asked for. @param {Face | null} face for one, or for everybody */
  wanted(face) {
    const dressed = this.#people.filter((person) => person.face);
    if (this.#mode !== 'chosen') return { face_mode: this.#mode, sourceImage: face ? photos(face) : [] };
    return {
      face_mode: this.#mode,
      sourceImage: dressed.flatMap(({ face: worn }, n) =>
        photos(/** @type {Face} */ (worn)).map((photo) => ({ ...photo, person: n + 1 })),
      ),
      targetImage: dressed.map(({ opts }) => ({ path: this.#frame, opts })),
    };
  }

  /** @param {Mode} wanted */
  async #choose(wanted) {
    const before = this.#mode;
    this.#set(wanted);
    if (wanted === 'chosen' && !(await this.#look())) return this.#set(before);
    if (wanted !== 'chosen') this.dispatchEvent(new CustomEvent('changed'));
  }

  /** @param {Mode} wanted */
  #set(wanted) {
    this.#mode = wanted;
    const radio = this.#parts.modes.querySelector(`[value=${wanted}]`);
    /** @type {HTMLInputElement} */ (radio).checked = true;
    if (wanted !== 'chosen') this.#people = [];
    this.#render();
  }

  /** See who is there; whoever is about where somebody was before keeps his face. */
  async #look() {
    this.#parts.hint.textContent = PEOPLE.looking;
    try {
      const { frame, people } = await this.#seen();
      if (!people.length) throw { kind: 'nobody' };
      const dressed = this.#people.filter((person) => person.face);
      for (const { left, face } of dressed) nearest(people, left).face ??= face;
      this.#frame = frame;
      this.#turn = people.find((person) => person.face) ?? people[0];
      this.#turn.face ??= this.#last;
      this.#people = people.sort((one, other) => one.left - other.left);
      this.#people.forEach((person, n) => (person.name = PEOPLE.person(n + 1)));
    } catch (error) {
      this.#render();
      this.dispatchEvent(new CustomEvent('problem', { detail: error }));
      return false;
    }
    this.#render();
    this.dispatchEvent(new CustomEvent('changed'));
    return true;
  }

  async #seen() {
    const { camera } = this.#parts;
    const whole = { left: 0, top: 0, width: camera.videoWidth, height: camera.videoHeight };
    const frame = picture(camera, whole, whole.width, whole.height);
    const faces = await /** @type {import('./api.js').Api} */ (this.#api).detect(frame);
    const people = faces.map(({ opts, region: [x, y, width, height] }) => {
      const side = Math.max(width, height) * HEAD;
      const head = { left: x + (width - side) / 2, top: y + (height - side) / 2, width: side, height: side };
      return { name: '', picture: picture(camera, head, CUTOUT, CUTOUT), opts, left: x, face: null };
    });
    return { frame, people: /** @type {Person[]} */ (people) };
  }

  /** @param {Person} person */
  #turnTo(person) {
    this.#turn = person;
    this.#render();
    this.dispatchEvent(new CustomEvent('turned', { detail: person.face }));
  }

  /** @param {Person} person */
  #bare(person) {
    person.face = null;
    this.#turnTo(person);
    this.dispatchEvent(new CustomEvent('changed'));
  }

  #render() {
    const { list, hint, again } = this.#parts;
    const held = list.contains(document.activeElement);
    const each = this.#mode === 'chosen' && this.#people.length > 0;
    list.hidden = again.hidden = !each;
    hint.textContent = each ? PEOPLE.each : this.#parts.each.disabled ? PEOPLE.later : '';
    list.replaceChildren(...this.#people.map((person) => this.#item(person)));
    if (held) list.querySelector('button')?.focus();
  }

  /** @param {Person} person @returns {HTMLLIElement} */
  #item(person) {
    const { name, face } = person;
    const button = element('button', { type: 'button', className: 'person', title: PEOPLE.wears(name, face?.name) });
    button.setAttribute('aria-label', PEOPLE.wears(name, face?.name));
    button.setAttribute('aria-pressed', String(person === this.#turn));
    button.append(element('img', { src: person.picture, alt: '' }));
    if (face) button.append(element('img', { src: face.picture, alt: '', className: 'worn' }));
    button.addEventListener('click', () => this.#turnTo(person));
    const item = element('li', {});
    item.append(button);
    // Somebody must wear something: who is the last keeps his.
    if (face && this.#people.filter((one) => one.face).length > 1) {
      item.append(removeButton(PEOPLE.bare(person.name), () => this.#bare(person)));
    }
    return item;
  }
}

/** The entries of sourceImage for a face: all photos of it. @param {Face} face */
export function photos(face) {
  return [face.source, ...face.more].flatMap((source) => (source ? [{ path: source.id }] : []));
}

/** @param {Person[]} people @param {number} left @returns {Person} */
function nearest(people, left) {
  const away = (/** @type {Person} */ one) => Math.abs(one.left - left);
  return people.reduce((best, one) => (away(one) < away(best) ? one : best));
}

/** @param {Event} event @returns {Mode} */
function mode(event) {
  return /** @type {Mode} */ (/** @type {HTMLInputElement} */ (event.target).value);
}

/**
 * A part of what a video shows, as a data URI.
 * @param {HTMLVideoElement} video @param {{left: number, top: number, width: number, height: number}} part
 * @param {number} width @param {number} height of the result
 */
function picture(video, part, width, height) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const { left, top } = part;
  canvas.getContext('2d')?.drawImage(video, left, top, part.width, part.height, 0, 0, width, height);
  return canvas.toDataURL('image/jpeg', QUALITY);
}

