// What stands in the page's address beside the feature map: how the list is sorted and filtered, and the view.
const { all } = scripts.dom;

const params = () => new URLSearchParams(location.search);

const address = {
  read: name => params().get(name),
  /** Write a value; null takes it out. The page stays where it is, and the links to the layers beside it go on with it. */
  write(name, value) {
    const now = params();
    if (value === null) now.delete(name); else now.set(name, value);
    const search = now.toString();
    try { history.replaceState(history.state, "", `${location.pathname}${search ? "?" + search : ""}${location.hash}`); } catch { /* a browser that forbids it for files */ }
    for (const link of all(".layers a[rel]")) link.search = location.search;
  },
};

scripts.address = { address };
