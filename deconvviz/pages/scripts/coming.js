// Where one came from: a map opened from the index leads back there, not to a list one has never seen.
const KEY = "deconvviz.opened";

/** On every page: links to a feature map say that they were followed. */
function setUpComing() {
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href*='#u']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.pathname === location.pathname) return;
    try { sessionStorage.setItem(KEY, link.href); } catch { /* then Esc leads to the list */ }
  });
}

/** Whether this page was opened at a feature map, by a link of another page; asked for once, as the page begins. */
function cameFromElsewhere() {
  try {
    const opened = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return opened === location.href && history.length > 1;
  } catch { return false; }
}

scripts.coming = { setUpComing, cameFromElsewhere };
