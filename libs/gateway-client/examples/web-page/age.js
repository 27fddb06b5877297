/** Keeps "as of 5 s ago" true while time passes. */
export function createAge(target) {
  let shown;

  function render() {
    if (shown === undefined) {
      target.replaceChildren();
      return;
    }
    const { ageS, stale, receivedAt } = shown;
    const seconds = Math.round(ageS + (performance.now() - receivedAt) / 1000);
    const when = seconds === 0 ? 'now' : `${inWords(seconds)} ago`;
    target.textContent = `${stale ? 'Stale: as' : 'As'} of ${when}`;
    target.classList.toggle('stale', stale);
  }

  setInterval(render, 1000);

  return {
    /** @param facts of the answer that is shown now; undefined if there is none */
    show(facts) {
      shown =
        facts === undefined || facts.ageS === null ? undefined : { ...facts, receivedAt: performance.now() };
      render();
    },
  };
}

function inWords(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
