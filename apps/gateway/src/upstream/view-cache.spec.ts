import { type Found, found, representationOf } from '@app/http-cache';
import { describe, expect, it } from 'vitest';

import type { View, ViewContent } from './view.js';
import { ViewCache } from './view-cache.js';

/** A view that counts how often it is made. */
class CountedView implements View<unknown> {
  made = 0;

  constructor(
    readonly name: string,
    private readonly content: (value: unknown) => ViewContent = (value) => ({ body: value }),
  ) {}

  readonly of = (value: unknown): ViewContent => {
    this.made += 1;
    return this.content(value);
  };
}

const entryOf = (value: unknown, storedAt = 0): Found => found(JSON.stringify(value), storedAt);
/** Of this, views may take eight million bytes. */
const BOUNDS = { maxEntries: 10_000, maxBytes: 32_000_000 };
const million = 'x'.repeat(1_000_000);

describe('ViewCache', () => {
  it('renders the JSON of a view with an entity tag of its own, and its headers', () => {
    const view = new CountedView('double', (value) => ({
      body: { double: 2 * (value as number) },
      headers: { 'x-of': '21' },
    }));
    expect(new ViewCache(BOUNDS).render('ReadNumber', entryOf(21), view)).toStrictEqual({
      ...representationOf('{"double":42}'),
      headers: { 'x-of': '21' },
    });
  });

  it('makes a view once for each name and value', () => {
    const views = new ViewCache(BOUNDS);
    const entry = entryOf([1]);
    const one = new CountedView('one');
    const first = views.render('ListNumbers', entry, one);
    const sameName = new CountedView('one');
    expect(views.render('ListNumbers', entry, sameName)).toBe(first);
    const otherName = new CountedView('two');
    views.render('ListNumbers', entry, otherName);
    expect([one.made, sameName.made, otherName.made]).toStrictEqual([1, 0, 1]);
  });

  it('keeps a view while the upstream answers the same again', () => {
    const views = new ViewCache(BOUNDS);
    const view = new CountedView('all');
    views.render('ListNumbers', entryOf([1], 0), view);
    views.render('ListNumbers', entryOf([1], 5000), view);
    expect(view.made).toBe(1);
  });

  it('makes a view again after the value has changed', () => {
    const views = new ViewCache(BOUNDS);
    const view = new CountedView('all');
    expect(views.render('ListNumbers', entryOf([1]), view).body).toBe('[1]');
    expect(views.render('ListNumbers', entryOf([1, 2]), view).body).toBe('[1,2]');
    expect(view.made).toBe(2);
  });

  it('keeps views of different operations apart', () => {
    const views = new ViewCache(BOUNDS);
    const view = new CountedView('all');
    views.render('ListNumbers', entryOf([]), view);
    views.render('ListLetters', entryOf([]), view);
    expect(view.made).toBe(2);
  });

  it('keeps nothing of a view that fails', () => {
    const views = new ViewCache(BOUNDS);
    let fails = true;
    const view = new CountedView('all', (value) => {
      if (fails) throw new Error('defect');
      return { body: value };
    });
    expect(() => views.render('ListNumbers', entryOf([1]), view)).toThrow('defect');
    fails = false;
    expect(views.render('ListNumbers', entryOf([1]), view).body).toBe('[1]');
  });

  it('evicts the least recently used views beyond their part of the memory', () => {
    const views = new ViewCache(BOUNDS);
    const [first, second, ...others] = Array.from(
      { length: 8 },
      (_, index) => new CountedView(`view ${index}`, () => ({ body: million })),
    );
    const render = (...list: (CountedView | undefined)[]): void => {
      for (const view of list) views.render('ListNumbers', entryOf([]), view!);
    };
    const last = others.pop();
    render(first, second, ...others);
    render(first);
    render(last);
    render(first, ...others, last);
    expect([first, ...others, last].map((view) => view?.made)).toStrictEqual([1, 1, 1, 1, 1, 1, 1]);
    render(second);
    expect(second?.made).toBe(2);
  });

  it.each([
    ['name', (index: number) => new CountedView(`${million} ${index}`, () => ({ body: [] }))],
    [
      'headers',
      (index: number) => new CountedView(String(index), () => ({ body: [], headers: { link: million } })),
    ],
  ])('counts the %s of a view, too', (_, largeView) => {
    const views = new ViewCache(BOUNDS);
    const small = new CountedView('small');
    views.render('ListNumbers', entryOf([]), small);
    for (let index = 0; index < 8; index += 1) views.render('ListNumbers', entryOf([]), largeView(index));
    views.render('ListNumbers', entryOf([]), small);
    expect(small.made).toBe(2);
  });

  it('does not keep eleven thousand small views, which take more memory than their texts', () => {
    const views = new ViewCache(BOUNDS);
    const small = new CountedView('small');
    views.render('ListNumbers', entryOf([]), small);
    const entry = entryOf([]);
    for (let index = 0; index < 11_000; index += 1)
      views.render('ListNumbers', entry, new CountedView(String(index)));
    views.render('ListNumbers', entry, small);
    expect(small.made).toBe(2);
  });

  it('renders a view that is too large to keep', () => {
    const views = new ViewCache(BOUNDS);
    const small = new CountedView('small');
    views.render('ListNumbers', entryOf([]), small);
    const tooLarge = new CountedView('too large', () => ({ body: million.repeat(9) }));
    expect(views.render('ListNumbers', entryOf([]), tooLarge).body).toHaveLength(9_000_002);
    views.render('ListNumbers', entryOf([]), tooLarge);
    views.render('ListNumbers', entryOf([]), small);
    expect([tooLarge.made, small.made]).toStrictEqual([2, 1]);
  });

  it('parses a value once for all views, and not again after a refresh that changed nothing', () => {
    const views = new ViewCache(BOUNDS);
    const parsed: unknown[] = [];
    const viewOf = (name: string) => new CountedView(name, (value) => ({ body: parsed.push(value) }));
    views.render('ListNumbers', entryOf([1], 0), viewOf('one'));
    views.render('ListNumbers', entryOf([1], 5000), viewOf('two'));
    expect(parsed).toStrictEqual([[1], [1]]);
    expect(parsed[1]).toBe(parsed[0]);
  });

  it('parses a value that is too large to keep for each new view', () => {
    const views = new ViewCache({ maxEntries: 10, maxBytes: 2000 });
    const entry = entryOf([...Array(100).keys()]);
    const parsed: unknown[] = [];
    const viewOf = (name: string) => new CountedView(name, (value) => ({ body: parsed.push(value) }));
    views.render('ListNumbers', entry, viewOf('one'));
    views.render('ListNumbers', entry, viewOf('two'));
    expect(parsed[1]).toStrictEqual(parsed[0]);
    expect(parsed[1]).not.toBe(parsed[0]);
  });

  it('counts the bytes of views and parsed values by kind, each within a quarter of the bound', () => {
    const views = new ViewCache({ maxEntries: 1000, maxBytes: 80_000 });
    for (let index = 0; index < 100; index += 1)
      views.render('ListInstances:', entryOf([1]), new CountedView('x'.repeat(500 + index)));
    expect(views.bytes('list')).toBeLessThan(40_000);
    expect(views.bytes('list')).toBeGreaterThan(15_000);
    expect(views.bytes('instance')).toBe(0);
  });
});
