// Keeps the table as it is at the adapters, and counts the time left down. Without it the page
// loads itself again every 15 s.
"use strict";
(() => {
  const parts = ["live-attention", "live-rows"];

  const words = (seconds) => {
    const left = Math.max(0, Math.floor(seconds));
    const [hours, minutes, rest] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    const two = (number) => String(number).padStart(2, "0");
    if (hours) return `${hours}h ${two(minutes)}m`;
    return minutes ? `${minutes}m ${two(rest)}s` : `${rest}s`;
  };

  const count = () => {
    for (const time of document.querySelectorAll("time[data-left]")) {
      time.textContent = words((Date.parse(time.dateTime) - Date.now()) / 1000);
    }
  };

  const refresh = async () => {
    // Not under somebody's hands: chosen rules, or a reason half written.
    const rows = document.getElementById("live-rows");
    const busy = rows.querySelector("input:checked") || rows.contains(document.activeElement);
    if (busy || document.hidden) return false;
    const address = new URL(window.location.href);
    address.searchParams.set("rows", "1");
    const answer = await fetch(address, { credentials: "same-origin" });
    if (answer.status === 401) window.location.assign("/sign-in");
    if (!answer.ok) return false;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) document.getElementById(part).replaceWith(found.getElementById(part));
    count();
    return true;
  };

  let news = false;
  let running = false;
  const work = async () => {
    if (!news || running) return;
    running = true;
    try {
      news = !(await refresh());
    } catch {
      news = true; // the console is away for a moment
    } finally {
      running = false;
    }
  };
  const source = new EventSource("/live");
  source.addEventListener("news", () => { news = true; work(); });
  source.addEventListener("over", () => { source.close(); window.location.assign("/sign-in"); });
  setInterval(() => { count(); work(); }, 1000);
})();
