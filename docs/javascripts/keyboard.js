// Tables, equations and blocks of code that are wider than the page can be scrolled by the keyboard too.
function makeScrollable() {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, math, pre > code"))
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
}
// the theme wraps tables, and removes this attribute from code, while the page loads
window.addEventListener("load", () => setTimeout(makeScrollable, 300));
window.addEventListener("resize", () => setTimeout(makeScrollable, 300));
