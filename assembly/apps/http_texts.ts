import { Client, Flag } from "./http_client";
import { Route } from "./http_words";

/**
 * What the server says. "$" and a letter stand for values, see http_template.ts and http_values.ts. All of this lies in RAM on
 * small boards: be brief.
 */
export const CONTINUE: usize = text("HTTP/1.1 100 Continue\r\n\r\n$.");

/** The head of a response whose length is known, and of the page and the statistics. */
export const SIZED: usize = text("HTTP/1.1 $#\r\nContent-Type: $T\r\n$K$WContent-Length: $B\r\n\r\n$.");
export const LISTED: usize = text("HTTP/1.1 $#\r\nContent-Type: $T\r\nCache-Control: no-store\r\n$K$E\r\n$.");

export const REFUSAL: usize = text("$#\n$.");
export const RECEIPT: usize = text('{"length":$L,"crc32":"$X"}\n$.');
/** Octets of a receipt without the digits of its length. */
export const RECEIPT_OCTETS: u32 = 31;

export const STATS: usize = text(
  '{"uptimeMs":$M,"version":"0.1.0","address":"$A","counters":{$<C$,"$N":$C$>},"sockets":[' +
    '$<S$,{"protocol":"$p","local":"$l:$m","foreign":"$f:$g","state":"$s","owner":"$o","receiveQueue":$r,"sendQueue":$q,' +
    '"timer":$i,"retransmits":$x,"cwnd":$w,"srtt":$t}$>]}\n$.',
);

/** The page asks for itself once a second and shows what has changed; without scripts the browser loads it anew. */
export const PAGE: usize = text(
  "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>" +
    "<title>Sandwire</title><noscript><meta http-equiv=refresh content=5></noscript><style>" +
    ":root{color-scheme:light dark}body{font:1em/1.5 system-ui;max-width:56em;margin:2em auto;padding:0 1em}" +
    "h1{color:#d60}h2{font-size:1em;margin:2em 0 0}div{overflow:auto}table{border-collapse:collapse}" +
    "td,th{text-align:left;padding:0 1.2em 0 0;white-space:nowrap}td,#c p{border-top:1px solid #8884}" +
    "#c{columns:15em}#c p{margin:0;display:flex;justify-content:space-between}</style>" +
    "<main><h1>Sandwire</h1><p>From a TCP/IP stack in WebAssembly, at <b>$A</b>, up for " +
    "<b>$D d $H h $I min $S s</b>.<br><a href=stats.json>JSON</a></p>" +
    "<h2>Connections</h2><div><table><tr><th><th>Local<th>Foreign<th>State<th>Recv-Q<th>Send-Q<th>Timer, ms<th>Owner" +
    "$<S<tr><td>$p<td>$l:$m<td>$f:$g<td>$s<td>$r<td>$q<td>$i<td>$o$></table></div>" +
    "<h2>Counters</h2><div id=c>$<C<p><span>$N</span>$C</p>$></div></main><script>" +
    "let m=document.querySelector('main');async function f(){try{m.innerHTML=(await(await fetch('/'," +
    "{signal:AbortSignal.timeout(5e3)})).text()).split(/<.?main>/)[1];m.style.opacity=1}catch(e){m.style.opacity=.4}" +
    "setTimeout(f,1e3)}setTimeout(f,1e3)</script>\n$.",
);

/** The reason for a status code: RFC 9110 §15. */
export function reason(status: u32): usize {
  switch (status) {
    case 200:
      return text("200 OK");
    case 400:
      return text("400 Bad Request");
    case 404:
      return text("404 Not Found");
    case 405:
      return text("405 Method Not Allowed");
    case 408:
      return text("408 Request Timeout");
    case 411:
      return text("411 Length Required");
    case 413:
      return text("413 Content Too Large");
    case 414:
      return text("414 URI Too Long");
    case 417:
      return text("417 Expectation Failed");
    case 431:
      return text("431 Request Header Fields Too Large");
    case 505:
      return text("505 HTTP Version Not Supported");
    default:
      return text("501 Not Implemented");
  }
}

export function mediaType(client: Client): usize {
  if (client.status != 200) return text("text/plain");
  if (client.route == Route.Page) return text("text/html; charset=utf-8");
  return client.route == Route.Bytes ? text("application/octet-stream") : text("application/json");
}

/** The line about what becomes of the connection, or none. */
export function connectionLine(client: Client): usize {
  return client.has(Flag.Close) ? text("Connection: close\r\n") : text("");
}

/** The line about what would have been allowed (RFC 9110 §15.5.6), or none. */
export function allowLine(client: Client): usize {
  if (client.status != 405) return text("");
  return client.route == Route.Upload ? text("Allow: PUT, POST\r\n") : text("Allow: GET, HEAD\r\n");
}

/** The line about the transfer coding, or none: HTTP/1.0 knows only the end of the connection. */
export function codingLine(client: Client): usize {
  return client.has(Flag.V11) ? text("Transfer-Encoding: chunked\r\n") : text("");
}
