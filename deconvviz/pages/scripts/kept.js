// What is kept in this browser, from one page to the next.

const kept = {
  read(key, otherwise) {
    try { return JSON.parse(localStorage.getItem("deconvviz." + key) ?? "null") ?? otherwise; } catch { return otherwise; }
  },
  write(key, value) {
    try { localStorage.setItem("deconvviz." + key, JSON.stringify(value)); } catch { /* private window: for this page only */ }
  },
};

scripts.kept = { kept };
