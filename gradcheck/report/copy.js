// A button beside every fix. Without scripts there is none, and nothing is missing.
for (const fix of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  const say = (text) => { button.textContent = text; setTimeout(() => { button.textContent = "Copy"; }, 2000); };
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.title = "Copy the fix";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(fix.textContent);
      say("Copied");
    } catch {  // a page from a disk or over plain HTTP may not have it
      const range = document.createRange();
      range.selectNodeContents(fix);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say(document.execCommand("copy") ? "Copied" : "Selected");
    }
  });
  fix.after(" ", button);
}
