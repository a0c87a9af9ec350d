import { mkdirSync } from "node:fs";
import type { Folder } from "./octets";

/** The kernel's end of the cable. */
export const KERNEL = "10.0.0.1";
/** Where the tests serve the site behind nginx. */
export const BEHIND = 8081;

/**
 * The configuration of an nginx that serves `folder`/www and forwards `/site/` to the port BEHIND: one process, nothing outside of the
 * folder. With a certificate (cert.pem, key.pem in the folder) it serves port 443 too.
 */
export function nginxConfiguration(folder: Folder, secure = false): string {
  mkdirSync(folder.file("www"), { recursive: true });
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const tls = `listen ${KERNEL}:443 ssl; ssl_certificate ${folder.file("cert.pem")}; ssl_certificate_key ${folder.file("key.pem")};`;
  return `
    daemon off;
    master_process off;
    user root root;
    pid ${folder.file("nginx.pid")};
    error_log stderr;
    events { worker_connections 512; }
    http {
      access_log off;
      keepalive_requests 100000;
      client_max_body_size 100m;
      ${places.map((place) => `${place}_temp_path ${folder.file(place)};`).join("\n")}
      server {
        listen ${KERNEL}:80;
        ${secure ? tls : ""}
        root ${folder.file("www")};
        add_header x-connection $connection;
        location /site/ { proxy_pass http://${KERNEL}:${BEHIND}/; proxy_hide_header x-requests; add_header x-connection $connection; }
      }
    }
  `;
}
