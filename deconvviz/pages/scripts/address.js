// What stands in the page's address beside the feature map: how the list is sorted and filtered, and the view.

const params = () => new URLSearchParams(location.search);

const address = {
  read: name => params().get(name),
  /** Write a value; null takes it out. The page stays where it is. */
  write(name, value) {
    const now = params();
    if (value === null) now.delete(name); else now.set(name, value);
    const search = now.toString();
    try { history.replaceState(history.state, "", `${location.pathname}${search ? "?" + search : ""}${location.hash}`); } catch { /* a browser that forbids it for files */ }
  },
};

scripts.address = { address };
