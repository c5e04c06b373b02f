/* Keeps the list on the page as it is in the database: each push asks for the rows anew, several at once only once. */
(function () {
  "use strict";
  var list = document.getElementById("list");
  var live = document.getElementById("live");
  if (!list || !window.EventSource || !window.fetch) { return; }

  var QUIET_MS = 20000;   /* without any push: time and lag on the page must not grow old */
  var PAUSE_MS = 400;     /* between two refreshes while many pushes come */
  var FRESH_MS = 15000;
  var AGAIN_MS = 3000;
  var position = list.dataset.position;
  var later = list.hasAttribute("data-later-page");
  var fresh = new Map();
  var news = 0;
  var wanted = false;
  var busy = false;
  var timer = null;

  function say(text, broken) {
    live.hidden = false;
    live.textContent = text;
    live.classList.toggle("broken", Boolean(broken));
  }

  function status() {
    say("● 自动更新中" + (news ? "，打开后有 " + news + " 件变化" : ""));
  }

  function mark() {
    var now = Date.now();
    list.querySelectorAll("tr[data-permit]").forEach(function (row) {
      var until = fresh.get(row.dataset.permit);
      row.classList.toggle("fresh", until !== undefined && until > now);
    });
    fresh.forEach(function (until, permit) { if (until <= now) { fresh.delete(permit); } });
  }

  function focused() {
    var at = document.activeElement;
    return at && list.contains(at) ? at.getAttribute("href") : null;
  }

  function refresh() {
    wanted = false;
    busy = true;
    window.clearTimeout(timer);
    fetch(list.dataset.rows, { headers: { Accept: "text/html" }, cache: "no-store" }).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.text();
    }).then(function (rows) {
      var href = focused();
      list.innerHTML = rows;
      mark();
      if (href) {
        var links = Array.prototype.filter.call(list.querySelectorAll("a"), function (a) { return a.getAttribute("href") === href; });
        if (links.length) { links[0].focus({ preventScroll: true }); }
      }
    }).catch(function () {
      say("○ 暂时无法更新，正在重试", true);
    }).then(function () {
      window.setTimeout(function () { busy = false; if (wanted) { refresh(); } }, PAUSE_MS);
      timer = window.setTimeout(refresh, QUIET_MS);
    });
  }

  function ask() {
    if (later) {
      if (!document.getElementById("later")) {
        var bar = document.createElement("p");
        bar.id = "later";
        bar.className = "later";
        bar.setAttribute("role", "status");
        bar.textContent = "名单已有新的变化。本页保持不动，以便继续翻看；返回第一页可看到最新情况。";
        list.parentNode.insertBefore(bar, list);
      }
      return;
    }
    wanted = true;
    if (!busy) { refresh(); }
  }

  function connect() {
    var source = new EventSource(list.dataset.events + "?after=" + position);
    source.onopen = status;
    source.onerror = function () {
      say("○ 连接中断，正在重新连接", true);
      /* A refused connection is given up by the browser; the server may only be starting. */
      if (source.readyState === EventSource.CLOSED) { window.setTimeout(connect, AGAIN_MS); }
    };
    source.addEventListener("push", function (event) {
      position = event.lastEventId;
      news += 1;
      fresh.set(JSON.parse(event.data).permit, Date.now() + FRESH_MS);
      status();
      ask();
    });
    source.addEventListener("reset", function (event) {
      position = event.lastEventId;
      ask();
    });
    window.addEventListener("pagehide", function () { source.close(); });
  }

  connect();
  window.setInterval(mark, 1000);
  if (!later) { timer = window.setTimeout(refresh, QUIET_MS); }
}());
