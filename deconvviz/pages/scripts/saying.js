// What is said aloud by a screen reader, and copying, which says that it was done.
const { one, make } = scripts.dom;

function say(text) { const status = one("#said"); if (status) status.textContent = text; }

async function copy(text, button) {
  let done = true;
  try { await navigator.clipboard.writeText(text); } catch {
    const area = make("textarea", { value: text });
    (button.closest("dialog") ?? document.body).append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  const label = button.dataset.label ??= button.textContent;
  button.textContent = done ? "Copied" : "Not copied";
  say(button.textContent);
  setTimeout(() => { button.textContent = label; }, 1500);
}

scripts.saying = { say, copy };
