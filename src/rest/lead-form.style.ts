// How the pages of /lead-form look: one column, light or dark as the reader likes it.

export const style = `
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 35%, transparent); --fault: light-dark(#b3261e, #ffb4ab); --send: light-dark(#1d4ed8, #93b4ff); }
body { max-width: 26rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
nav { display: flex; gap: 1rem; justify-content: flex-end; font-size: .9rem; }
nav a { color: inherit; padding: .25rem 0; }
nav a[aria-current] { font-weight: 600; text-decoration: none; }
main { margin-top: 6vh; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; }
p { margin: 0 0 .25rem; }
form { margin: 1.5rem 0; }
.field { margin-bottom: 1.1rem; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input { box-sizing: border-box; width: 100%; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .7rem; }
input[aria-invalid] { border-color: var(--fault); box-shadow: inset 0 0 0 1px var(--fault); }
:focus-visible { outline: 3px solid var(--send); outline-offset: 2px; }
.fault { color: var(--fault); margin: .3rem 0 0; }
.alert { color: var(--fault); border: 1px solid currentColor; border-radius: .4rem; padding: .6rem .8rem; margin: 1.25rem 0 0; }
.hint { margin: 0 0 .4rem; }
.hint, .kept { font-size: .9rem; opacity: .75; }
button { font: inherit; font-weight: 600; width: 100%; padding: .7rem; border: 0; border-radius: .4rem; background: var(--send); color: light-dark(#fff, #0b1220); cursor: pointer; }
`;
