/* What pages gain from JavaScript; every page works without it.
   /            puts the cursor into the search of the page
   data-submit  a select that sends its form when it changes
   data-copy    a button that copies
   data-live    an address of server-sent events: each event `name` becomes the DOM event `live-name` on the body, so that
                a part of the page refreshes itself: hx-get="…" hx-trigger="live-card from:body" */
(function () {
  "use strict";

  var words = document.body.dataset;

  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    var at = document.activeElement;
    if (at && (/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || at.isContentEditable)) return;
    var search = document.querySelector("#main [data-slash], .hero [data-slash]") || document.querySelector("[data-slash]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submit]") && event.target.form) event.target.form.requestSubmit();
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (button && navigator.clipboard) {
      navigator.clipboard.writeText(button.dataset.copy).then(function () {
        var before = button.textContent;
        button.textContent = words.wordsCopied;
        setTimeout(function () { button.textContent = before; }, 1500);
      });
    }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    });
  });

  if (navigator.clipboard) {
    document.querySelectorAll("[data-copy]").forEach(function (button) { button.hidden = false; });
  }

  function say(place, alive) {
    document.querySelectorAll('[data-live-state="' + place + '"], [data-live-state=""]').forEach(function (element) {
      element.textContent = alive ? words.wordsLive : words.wordsLost;
      element.classList.toggle("is-lost", !alive);
    });
    document.documentElement.classList.toggle("is-stream-lost", !alive);
  }

  function follow(element) {
    var place = element.dataset.live;
    var names = (element.dataset.liveEvents || "message").split(/\s+/);
    var source = new EventSource(place);
    source.addEventListener("open", function () { say(place, true); });
    source.addEventListener("error", function () { say(place, false); });
    names.forEach(function (name) {
      source.addEventListener(name, function (event) {
        say(place, true);
        document.body.dispatchEvent(new CustomEvent("live-" + name, { detail: event.data }));
      });
    });
    window.addEventListener("pagehide", function () { source.close(); });
  }

  document.querySelectorAll("[data-live]").forEach(follow);
})();
