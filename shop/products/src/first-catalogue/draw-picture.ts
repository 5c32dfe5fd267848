import { motifOf, type Palette } from "./picture-motifs.ts";

const WIDTH = 640;
const HEIGHT = 480;
const LINE_LENGTH = 28;

/** What a picture is drawn from. */
export type Pictured = { readonly id: string; readonly name: string; readonly category: string };

/**
 * Draws a product as an SVG document: the category's thing over a sea of the category's colour, with the product's name. The
 * same product is always the same picture; two products are never quite the same.
 */
export function drawPicture({ id, name, category }: Pictured): string {
  const { draw, hue: known } = motifOf(category);
  const chance = chances(`${id}\n${name}`);
  const hue = Math.round((known ?? chances(category)() * 360) + chance() * 28 - 14);
  const turn = Math.round(chance() * 24 - 12);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(name)}">
<rect width="${WIDTH}" height="${HEIGHT}" fill="hsl(${hue} 46% 84%)"/>
${sun(hue, chance)}
${sea(hue, chance)}
<g transform="translate(320 205) rotate(${turn}) scale(1.25)">${draw(palette(hue, hue + 120 + Math.round(chance() * 110)))}</g>
${label(name, category, hue)}
</svg>
`;
}

const palette = (hue: number, accentHue: number): Palette => ({
  ink: `hsl(${hue} 45% 20%)`,
  light: `hsl(${hue + 20} 60% 96%)`,
  accent: `hsl(${accentHue} 58% 52%)`,
});

function sun(hue: number, chance: () => number): string {
  const x = Math.round(80 + chance() * 480);
  const y = Math.round(60 + chance() * 90);
  const radius = Math.round(36 + chance() * 40);
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="hsl(${hue + 20} 70% 94%)"/>`;
}

/** Three rows of waves, each nearer and darker. */
function sea(hue: number, chance: () => number): string {
  const length = Math.round(70 + chance() * 60);
  return [0, 1, 2]
    .map((row) => {
      const shift = Math.round(chance() * length * 2);
      const y = 285 + row * 38;
      const height = Math.round(9 + chance() * 12);
      const crests = `t${length} 0`.repeat(Math.ceil((WIDTH + 2 * length) / length));
      return `<path fill="hsl(${hue} 42% ${70 - row * 11}%)" d="M${-shift} ${y}q${length / 2} ${-height} ${length} 0${crests}V${HEIGHT}H${-shift}Z"/>`;
    })
    .join("\n");
}

function label(name: string, category: string, hue: number): string {
  const lines = wrap(name);
  const first = 452 - (lines.length - 1) * 32;
  const texts = lines.map(
    (line, index) =>
      `<text x="32" y="${first + index * 32}" font-size="27" font-weight="700">${escapeXml(line)}</text>`,
  );
  return `<rect y="${first - 66}" width="${WIDTH}" height="${HEIGHT - first + 66}" fill="hsl(${hue} 45% 18%)"/>
<g font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" fill="#fff">
<text x="32" y="${first - 36}" font-size="16" letter-spacing="2" fill-opacity=".75">${escapeXml(clip(category.toUpperCase(), 44))}</text>
${texts.join("\n")}
</g>`;
}

/** The name on at most two lines. */
function wrap(name: string): string[] {
  const lines: string[] = [""];
  for (const word of name.split(/\s+/)) {
    const line = lines.at(-1) as string;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= LINE_LENGTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  const [first = "", ...rest] = lines;
  return [clip(first, LINE_LENGTH + 8), ...(rest.length > 0 ? [clip(rest.join(" "), LINE_LENGTH + 8)] : [])];
}

function clip(text: string, most: number): string {
  const letters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  return letters.length <= most
    ? text
    : `${letters
        .slice(0, most - 1)
        .join("")
        .trimEnd()}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as XML 1.0 takes it: characters that may not be in a document at all are left out. */
const escapeXml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

/** Numbers in [0, 1) that follow from a text: FNV-1a seeds mulberry32. */
function chances(text: string): () => number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
