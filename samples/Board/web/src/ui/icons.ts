const paths = {
  add: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  comment: "M3 3.5h10v7H7.5L4.5 13v-2.5H3z",
  clock: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M8 5.2V8l2 1.5",
  text: "M3 4.5h10M3 8h10M3 11.5h6",
  down: "M4.5 6.5L8 10l3.5-3.5",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.5M9.2 7v3.5",
  help: "M5.8 6.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M8 12.3h.01",
  check: "M3.5 8.5l3 3l6-7",
  scale: "M3 10.5v-5M13 10.5v-5M3 8h10M6.3 9.2V6.8M9.7 9.2V6.8",
} as const;

export type IconName = keyof typeof paths;

/** A line icon, 16 by 16, in the colour of the text around it. */
export function icon(name: IconName): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}
