// Runs before the first paint: the saved theme must not flash. The only script that is not a module.
(() => {
  try {
    const theme = localStorage.getItem('podwalk.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
  } catch { /* storage is switched off: the system's theme it is */ }
})();
