/* Keeps what is on the page as it is in the database. An element with data-live asks for itself anew (hx-get) when news
   concerns it: data-live names kinds of events (none: any), data-department one department. */
(function () {
  "use strict";
  var live = document.getElementById("live");
  if (!window.EventSource || !window.htmx) { return; }

  var QUIET_MS = 20000;   /* without any news: time and lag on the page must not grow old */
  var PAUSE_MS = 400;     /* between two refreshes of one element while much happens */
  var FRESH_MS = 15000;
  var mark = Number(document.body.dataset.mark);
  var fresh = new Map();
  var changes = 0;
  var waiting = new Map();

  function elements() { return Array.prototype.slice.call(document.querySelectorAll("[data-live]")); }

  function say(text, broken) {
    live.textContent = text;
    live.classList.toggle("broken", Boolean(broken));
  }

  function status(holds) {
    if (holds) { say("● 自动更新中" + (changes ? "，打开后有 " + changes + " 件变化" : "")); }
    else { say("○ 连接中断，正在重新连接", true); }
  }

  /* What a person has begun in it (ticked rows, an open form) must not be taken from under their hands. */
  function inUse(element) {
    var at = document.activeElement;
    if (element.querySelector("input[type=checkbox]:checked, form[data-begun]")) { return true; }
    return at && element.contains(at) && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && at.type !== "checkbox";
  }

  function stays(element) { return element.hasAttribute("data-later-page") || inUse(element); }

  function tellLater(element) {
    var bar = document.getElementById("later");
    if (bar && element.contains(bar) === false) { bar.hidden = false; }
  }

  function refresh(element) {
    if (stays(element)) { tellLater(element); return; }
    var last = waiting.get(element);
    if (last) { last.again = true; return; }
    waiting.set(element, { again: false });
    window.htmx.trigger(element, "news");
    window.setTimeout(function () {
      var again = waiting.get(element).again;
      waiting.delete(element);
      if (again && element.isConnected) { refresh(element); }
    }, PAUSE_MS);
  }

  function concerns(element, event) {
    var kinds = element.dataset.live ? element.dataset.live.split(" ") : [];
    var department = element.dataset.department;
    return (!kinds.length || kinds.indexOf(event.kind) >= 0) &&
      (!department || !event.departments.length || event.departments.indexOf(department) >= 0);
  }

  function hear(kind, said) {
    if (kind === "reset") {
      if (said.mark > mark) { mark = said.mark; elements().forEach(refresh); }
      return;
    }
    mark = Math.max(mark, said.mark);
    elements().forEach(function (element) {
      var ours = said.events.filter(function (event) { return concerns(element, event); });
      if (!ours.length && !said.more) { return; }
      if (element.hasAttribute("data-counted")) {
        ours.forEach(function (event) {
          if (event.about) { changes += 1; fresh.set(event.about, Date.now() + FRESH_MS); }
        });
        status(true);
      }
      refresh(element);
    });
  }

  function markFresh() {
    var now = Date.now();
    document.querySelectorAll("tr[data-permit]").forEach(function (row) {
      var until = fresh.get(row.dataset.permit);
      row.classList.toggle("fresh", until !== undefined && until > now);
    });
    fresh.forEach(function (until, about) { if (until <= now) { fresh.delete(about); } });
  }

  function take(message) {
    if ("holds" in message) { status(message.holds); }
    if (message.kind) { hear(message.kind, message.said); }
  }

  function connect() {
    if (window.SharedWorker) {
      var worker = new SharedWorker(document.body.dataset.worker);
      worker.port.onmessage = function (event) { take(event.data); };
      worker.port.start();
      window.addEventListener("pagehide", function () { worker.port.postMessage("gone"); });
      return;
    }
    var source = new EventSource("/live");
    source.onopen = function () { take({ holds: true }); };
    source.onerror = function () { take({ holds: false }); };
    ["news", "reset"].forEach(function (kind) {
      source.addEventListener(kind, function (event) { take({ kind: kind, said: JSON.parse(event.data) }); });
    });
  }

  /* Whoever goes by the keyboard stands on a link or a box: the same one is looked for in what comes instead. */
  function standing(at) { return at.getAttribute("href") || (at.name ? at.name + "=" + at.value : null); }

  var focus = null;
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    /* Begun while the answer was on its way: it would untick what was just ticked. */
    if (event.detail.target.hasAttribute("data-live") && stays(event.detail.target)) {
      event.detail.shouldSwap = false;
      tellLater(event.detail.target);
      return;
    }
    var at = document.activeElement;
    focus = at && event.detail.target.contains(at) ? standing(at) : null;
  });
  document.body.addEventListener("htmx:afterSwap", function (event) {
    markFresh();
    if (!focus) { return; }
    var same = Array.prototype.filter.call(event.detail.target.querySelectorAll("a, input, button"), function (one) {
      return standing(one) === focus;
    });
    if (same.length) { same[0].focus({ preventScroll: true }); }
  });
  document.body.addEventListener("htmx:sendError", function () { say("○ 暂时无法更新，正在重试", true); });
  document.body.addEventListener("input", function (event) {
    var form = event.target.closest("form");
    if (form) { form.setAttribute("data-begun", ""); }
  });
  document.body.addEventListener("change", function (event) {
    if (event.target.matches("[data-all]")) {
      event.target.closest("table").querySelectorAll("tbody input[type=checkbox]").forEach(function (box) {
        box.checked = event.target.checked;
      });
    }
  });
  /* A form sent by this button takes no act; htmx would send it all the same. */
  document.body.addEventListener("submit", function (event) {
    if (event.submitter && event.submitter.matches("[data-no-act-by-enter]")) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  document.body.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) { window.print(); }
  });

  /* What a page asks by itself, while nobody touches it, keeps nobody signed in. */
  document.body.addEventListener("htmx:configRequest", function (event) {
    var by = event.detail.triggeringEvent;
    if (!by || by.type === "news") { event.detail.headers["X-By-Itself"] = "1"; }
  });

  connect();
  window.setInterval(markFresh, 1000);
  window.setInterval(function () {
    if (document.visibilityState === "visible") {
      elements().forEach(function (element) { if (!stays(element)) { refresh(element); } });
    }
  }, QUIET_MS);
}());
