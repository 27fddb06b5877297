import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';

import { parseJson } from './json.js';
import { writeXml } from './xml.js';

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
  htmlEntities: true,
});

describe('writeXml', () => {
  it('nests members, repeats the element for each list item and leaves null out', () => {
    const tree = { A: { B: 1, C: null, D: undefined }, Item: ['x', true], Empty: '' };
    expect(writeXml('Root', tree)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Root><A><B>1</B></A><Item>x</Item><Item>true</Item><Empty></Empty></Root>',
    );
  });

  it('puts the items of a list with a plural name into one element', () => {
    const tree = {
      Instances: [{ ResourceTags: [{ Key: 'age' }, { Key: 'env' }] }, {}],
      Others: [],
      Lost: null,
    };
    expect(writeXml('R', tree)).toContain(
      '<R><Instances><Instance><ResourceTags><ResourceTag><Key>age</Key></ResourceTag><ResourceTag><Key>env</Key></ResourceTag></ResourceTags></Instance><Instance></Instance></Instances><Others></Others></R>',
    );
  });

  it('writes every digit of a number', () => {
    const tree = parseJson('{"CreatorId":205273937398494789,"Ratio":1.50}');
    expect(writeXml('R', tree)).toContain('<CreatorId>205273937398494789</CreatorId><Ratio>1.50</Ratio>');
  });

  it('escapes markup, keeps carriage returns, and replaces characters that XML does not allow', () => {
    expect(writeXml('R', { A: `<&>"'\r\n` })).toContain('<A>&lt;&amp;&gt;&quot;&apos;&#13;\n</A>');
    expect(writeXml('R', { A: '\u0000\ud800\uffff\u0085\t' })).toContain('<A>\ufffd\ufffd\ufffd\u0085\t</A>');
  });

  it('turns any member name into a valid element name', () => {
    expect(writeXml('R', { 'a b': 1, '1st': 2, '': 3 })).toContain('<a_b>1</a_b><_1st>2</_1st><_>3</_>');
  });

  it('writes any text so that an XML parser reads the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(parser.parse(writeXml('R', { A: `.${text}` }))).toMatchObject({ R: { A: `.${text}` } });
      }),
    );
  });
});
