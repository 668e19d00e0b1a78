// Where one came from: a map opened from another page leads back there, not to a list one has never seen.
const KEY = "deconvviz.opened";

/** On every page: links to a feature map say that they were followed. */
function setUpComing() {
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href*='#u']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.pathname === location.pathname) return;
    try { sessionStorage.setItem(KEY, link.href); } catch { /* then Esc leads to the list */ }
  });
  try { // the entry of the history remembers it, also after a reload, and when one comes back to it
    if (sessionStorage.getItem(KEY) === location.href && history.length > 1) history.replaceState({ ...history.state, fromElsewhere: true }, "");
    sessionStorage.removeItem(KEY);
  } catch { /* then Esc leads to the list */ }
}

/** Whether the page was opened here by a link of another page. */
const cameFromElsewhere = () => Boolean(history.state?.fromElsewhere);

scripts.coming = { setUpComing, cameFromElsewhere };
