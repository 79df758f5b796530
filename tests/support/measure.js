// What a page looks like: for each frame of this page one object in #found. Sizes are in CSS pixels.
"use strict";

// A container that scrolls by itself may hold what is wider than the page.
const scrolls = (element, view) => {
  for (let e = element; e && e !== e.ownerDocument.body; e = e.parentElement) {
    if (["auto", "scroll"].includes(view.getComputedStyle(e).overflowX)) return true;
  }
  return false;
};

const colour = (text) => {
  const numbers = (text.match(/[\d.]+/g) || []).map(Number);
  return numbers.length >= 3 ? { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 } : { rgb: [0, 0, 0], alpha: 0 };
};

const luminance = (rgb) => {
  const linear = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};

// WCAG 2: 4.5 for text of this size.
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

const behind = (element, view) => {
  for (let e = element; e; e = e.parentElement) {
    const found = colour(view.getComputedStyle(e).backgroundColor);
    if (found.alpha > 0.5) return found.rgb;
  }
  return [255, 255, 255];
};

const words = (element) => element.textContent.trim().replace(/\s+/g, " ").slice(0, 80);
const hasText = (element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "");

const measure = (frame) => {
  const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
  const width = root.clientWidth;
  const found = { width, scroll_width: root.scrollWidth, dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
                  title: page.title, figures: [], wide: [], clipped: [], overlaps: [], faint: [] };
  for (const element of page.body.querySelectorAll("*")) {
    if (element.closest("svg") && element.parentElement.closest("svg")) continue;
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.right > width + 1 || box.left < -1) && !scrolls(element, view)) {
      found.wide.push(`${element.tagName} ${words(element)}: ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
    if (!element.closest("svg") && hasText(element)) {
      const ratio = contrast(colour(view.getComputedStyle(element).color).rgb, behind(element, view));
      if (ratio < 4.5) found.faint.push(`${words(element)}: ${ratio.toFixed(2)}`);
    }
  }
  for (const figure of page.querySelectorAll("figure")) {
    const svg = figure.querySelector("svg");
    const box = svg ? svg.getBoundingClientRect() : { width: 0, height: 0 };
    const caption = figure.querySelector("figcaption");
    const drawn = (mark) => {
      const size = mark.getBBox();
      // A single dot is a line of no length with a round end.
      return size.width + size.height > 0 || (mark.getAttribute("stroke-linecap") === "round" && mark.getAttribute("d") !== "");
    };
    const marks = [...figure.querySelectorAll(".series path, .series rect, .structure circle, .structure path")].filter(drawn);
    found.figures.push({ caption: caption ? words(caption) : "", width: box.width, height: box.height, marks: marks.length });
    const texts = [...figure.querySelectorAll("svg text")].filter((t) => words(t) !== "");
    const boxes = texts.map((t) => t.getBoundingClientRect());
    texts.forEach((text, k) => {
      const at = boxes[k];
      if (at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1 || at.bottom > box.bottom + 1) {
        found.clipped.push(`${words(text)} in ${words(figure)}`);
      }
      const ratio = contrast(colour(view.getComputedStyle(text).fill).rgb, behind(figure, view));
      if (ratio < 4.5) found.faint.push(`${words(text)} in ${words(figure)}: ${ratio.toFixed(2)}`);
      // Boxes of text have some room above and below the letters.
      const scale = box.width / (Number(svg.getAttribute("width")) || box.width);
      for (let j = 0; j < k; j += 1) {
        const other = boxes[j];
        const across = Math.min(at.right, other.right) - Math.max(at.left, other.left);
        const down = Math.min(at.bottom, other.bottom) - Math.max(at.top, other.top);
        if (across > 1 * scale && down > 4 * scale) {
          found.overlaps.push(`${words(texts[j])} and ${words(text)} in ${words(figure)}`);
        }
      }
    });
  }
  return found;
};

addEventListener("load", () => {
  const frames = [...document.querySelectorAll("iframe")];
  document.getElementById("found").textContent = JSON.stringify(frames.map(measure));
  // What was looked at need not come back with the answer.
  frames.forEach((frame) => frame.remove());
});
