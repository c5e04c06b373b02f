/* One stream of news for all windows of this browser: a browser opens few connections to one server, and each would
   be one more stream there. */
"use strict";
var ports = [];
var source = null;
var mark = 0;
var holds = false;

function tell(message) {
  ports.forEach(function (port) { port.postMessage(message); });
}

function connect() {
  source = new EventSource("/live");
  source.onopen = function () { holds = true; tell({ holds: true }); };
  source.onerror = function () {
    holds = false;
    tell({ holds: false });
    /* A refused connection is given up by the browser; the server may only be starting. */
    if (source.readyState === EventSource.CLOSED) { setTimeout(connect, 2000); }
  };
  ["news", "reset"].forEach(function (kind) {
    source.addEventListener(kind, function (event) {
      var said = JSON.parse(event.data);
      mark = said.mark;
      tell({ kind: kind, said: said });
    });
  });
}

onconnect = function (event) {
  var port = event.ports[0];
  ports.push(port);
  port.onmessage = function () {
    ports = ports.filter(function (one) { return one !== port; });
    if (!ports.length && source) { source.close(); source = null; holds = false; }
  };
  if (!source) { connect(); return; }
  port.postMessage({ holds: holds });
  if (mark) { port.postMessage({ kind: "reset", said: { mark: mark } }); }
};
