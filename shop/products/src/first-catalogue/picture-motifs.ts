/** The colours of a picture, as CSS. */
export type Palette = { ink: string; light: string; accent: string };

/** Draws a thing of about 220 by 220 around the origin, as SVG elements. */
export type Motif = (palette: Palette) => string;

const rope: Motif = ({ ink, light, accent }) => {
  const coils = [96, 76, 56, 36]
    .map(
      (radius, index) =>
        `<ellipse cy="${10 - index * 7}" rx="${radius}" ry="${radius * 0.62}" stroke="${index % 2 ? light : accent}"/>` +
        `<ellipse cy="${10 - index * 7}" rx="${radius}" ry="${radius * 0.62}" stroke="${ink}" stroke-width="3" stroke-dasharray="2 13"/>`,
    )
    .join("");
  return `<g fill="none" stroke-width="16" stroke-linecap="round">${coils}<path d="M94 22q26 34-10 66" stroke="${accent}"/></g>`;
};

const anchor: Motif = ({ ink, light, accent }) =>
  `<g fill="none" stroke="${ink}" stroke-width="18" stroke-linecap="round" stroke-linejoin="round">
<circle cy="-84" r="18" stroke="${accent}"/><path d="M0-64V92M-44-34H44"/><path d="M-88 26Q-80 92 0 92T88 26"/>
<path d="M-104 44l14-26 26 14M104 44L90 18 64 32" stroke="${light}" stroke-width="12"/></g>`;

const lifebuoy: Motif = ({ ink, light, accent }) => {
  const bands = [0, 90, 180, 270]
    .map((turn) => `<path d="M-22-104H22L14-44H-14Z" fill="${accent}" transform="rotate(${turn + 45})"/>`)
    .join("");
  return `<circle r="76" fill="none" stroke="${light}" stroke-width="56"/>${bands}
<g fill="none" stroke="${ink}" stroke-width="5"><circle r="105"/><circle r="47"/></g>`;
};

const compass: Motif = ({ ink, light, accent }) => {
  const points = [0, 90, 180, 270]
    .map(
      (turn) =>
        `<g transform="rotate(${turn})"><path d="M0-92L18-18H0Z" fill="${turn === 0 ? accent : ink}"/><path d="M0-92L-18-18H0Z" fill="${light}"/></g>`,
    )
    .join("");
  const marks = Array.from(
    { length: 24 },
    (_, index) => `<path d="M0-98v${index % 2 ? 7 : 14}" transform="rotate(${index * 15})"/>`,
  ).join("");
  return `<circle r="108" fill="${light}" fill-opacity=".35" stroke="${ink}" stroke-width="9"/>
<g stroke="${ink}" stroke-width="3">${marks}</g>${points}<circle r="9" fill="${accent}"/>`;
};

const sweater: Motif = ({ ink, light, accent }) =>
  `<g stroke="${ink}" stroke-width="6" stroke-linejoin="round"><path fill="${accent}" d="M-34-90L-78-70-112 40-78 54-62 4V96H62V4L78 54 112 40 78-70 34-90Q0-58-34-90Z"/>
<path fill="none" stroke="${light}" stroke-width="12" d="M-58 24H58M-58 52H58"/><path fill="none" d="M-62 82H62"/></g>`;

const mug: Motif = ({ ink, light, accent }) =>
  `<g stroke="${ink}" stroke-width="7" stroke-linejoin="round"><path fill="none" stroke-width="16" d="M58-6h22q30 4 24 38t-52 30"/>
<path fill="${light}" d="M-78-30H64L54 84Q52 96 38 96H-52Q-66 96-68 84Z"/><path fill="${accent}" d="M-78-30H64L62-8H-76Z"/></g>
<g fill="none" stroke="${light}" stroke-width="8" stroke-linecap="round"><path d="M-36-54q-16-20 0-36t0-30M0-54q-16-20 0-36t0-30M36-54q-16-20 0-36t0-30"/></g>`;

const paintTin: Motif = ({ ink, light, accent }) =>
  `<g stroke="${ink}" stroke-width="6" stroke-linejoin="round"><path fill="none" d="M-84-28Q-20-130 44-28"/>
<path fill="${light}" d="M-84-28H44V84Q-20 108-84 84Z"/><ellipse cx="-20" cy="-28" rx="64" ry="17" fill="${accent}"/>
<path fill="${accent}" d="M-84 8V50Q-20 72 44 50V8Q-20 30-84 8Z"/>
<g transform="translate(86 8) rotate(16)"><path fill="${ink}" d="M-7-104Q0-114 7-104L9-14H-9Z"/><path fill="${light}" d="M-20-14H20V16H-20Z"/><path fill="${accent}" d="M-20 16H20Q22 60 0 82-22 60-20 16Z"/></g></g>`;

const lantern: Motif = ({ ink, light, accent }) =>
  `<circle r="118" fill="${light}" fill-opacity=".25"/><circle r="86" fill="${light}" fill-opacity=".3"/>
<g stroke="${ink}" stroke-width="7" stroke-linejoin="round"><path fill="none" d="M-34-66Q0-142 34-66"/><path fill="${ink}" d="M-42-56L-24-78H24L42-56Z"/>
<path fill="${light}" d="M-42-56H42Q66 0 42 60H-42Q-66 0-42-56Z"/><path fill="${accent}" stroke="none" d="M0-34Q34 10 16 40T-16 40Q-34 10 0-34Z"/>
<path fill="${ink}" d="M-50 60H50L60 92H-60Z"/></g>`;

const sailingBoat: Motif = ({ ink, light, accent }) =>
  `<g stroke="${ink}" stroke-width="6" stroke-linejoin="round"><path d="M0-108V44"/><path fill="${light}" d="M8-100Q88-30 92 32H8Z"/>
<path fill="${accent}" d="M-8-74Q-56-20-66 32H-8Z"/><path fill="${ink}" d="M-104 50H108Q92 96 56 96H-56Q-92 92-104 50Z"/></g>`;

const motifs: Readonly<Record<string, { draw: Motif; hue: number }>> = {
  rope: { draw: rope, hue: 32 },
  deck: { draw: anchor, hue: 205 },
  safety: { draw: lifebuoy, hue: 14 },
  navigation: { draw: compass, hue: 174 },
  clothing: { draw: sweater, hue: 340 },
  galley: { draw: mug, hue: 265 },
  workshop: { draw: paintTin, hue: 92 },
  lamps: { draw: lantern, hue: 46 },
};

/** What stands for a category in pictures, and its hue in degrees; undefined hue for categories that nobody drew for. */
export function motifOf(category: string): { draw: Motif; hue: number | undefined } {
  const key = category.toLowerCase();
  return Object.hasOwn(motifs, key)
    ? (motifs[key] as { draw: Motif; hue: number })
    : { draw: sailingBoat, hue: undefined };
}
