// How /docs/ looks: our name in the place of that of the framework. No I/O.

/** Four lines that meet at a board, one of them through. */
const sign = `<g fill="none" stroke="#5eead4" stroke-width="3" stroke-linecap="round"><path d="M4 8h6l12 16h6"/><path d="M4 24h6" opacity=".55"/><path d="M22 8h6" opacity=".55"/></g><g fill="#5eead4"><circle cx="4" cy="8" r="3"/><circle cx="28" cy="24" r="3"/></g>`;

export const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0f172a"/>${sign}</svg>`;

export const wordmark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 196 32" width="196" height="32" role="img" aria-label="Switchboard"><title>Switchboard</title>${sign}<text x="42" y="23" fill="#f8fafc" font-family="system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif" font-size="22" font-weight="600" letter-spacing="-.3">Switchboard</text></svg>`;

export const pageStyle = `
.swagger-ui .topbar { background: #0f172a; padding: 12px 0; }
.swagger-ui .topbar .topbar-wrapper { align-items: center; }
.swagger-ui .topbar .topbar-wrapper a { flex: none; max-width: none; }
.swagger-ui .topbar .topbar-wrapper img { height: 32px; width: 196px; }
.swagger-ui .topbar .download-url-wrapper { display: none; }
.swagger-ui .info { margin: 32px 0; }
.swagger-ui .info .title { color: #0f172a; }
.swagger-ui .opblock .opblock-summary-description { text-align: left; }
`;
