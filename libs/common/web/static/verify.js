/* Checks a record against the transparency log in the visitor's own browser (RFC 6962, SHA-256 by WebCrypto).
   The element with data-verify holds the address of the proof, the address of the signed head, and the published content
   with its salt. Without JavaScript, or where WebCrypto is not to be had, the page shows the steps instead. */
(function () {
  "use strict";

  var place = document.querySelector("[data-verify]");
  if (!place) return;
  var words = place.dataset;

  function bytesOfHex(hex) {
    return Uint8Array.from(hex.match(/../g) || [], function (pair) { return parseInt(pair, 16); });
  }

  function hexOf(bytes) {
    return Array.from(bytes, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
  }

  function join() {
    var parts = Array.from(arguments);
    var all = new Uint8Array(parts.reduce(function (sum, part) { return sum + part.length; }, 0));
    var at = 0;
    parts.forEach(function (part) { all.set(part, at); at += part.length; });
    return all;
  }

  async function sha256(bytes) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  }

  /* RFC 9162 §2.1.3.2: from the leaf up, a sibling stands on the right or on the left. */
  async function rootOf(leaf, index, size, path) {
    var node = await sha256(join([0], leaf));
    var own = index;
    var last = size - 1;
    for (var i = 0; i < path.length; i += 1) {
      if (last === 0) return null;
      var sibling = bytesOfHex(path[i]);
      if (own % 2 === 1 || own === last) {
        node = await sha256(join([1], sibling, node));
        while (own % 2 === 0 && own !== 0) { own = Math.floor(own / 2); last = Math.floor(last / 2); }
      } else {
        node = await sha256(join([1], node, sibling));
      }
      own = Math.floor(own / 2);
      last = Math.floor(last / 2);
    }
    return last === 0 ? hexOf(node) : null;
  }

  /* the marks of the component `proof`: a tick, a cross, the hands of a clock */
  var marks = { ok: "M7.5 12.3l3.1 3.1 6-6.4", bad: "M8.5 8.5l7 7M15.5 8.5l-7 7", waiting: "M12 7v5.4l3.4 2" };

  function say(state, sentence) {
    var verdict = place.querySelector("[data-proof-verdict]");
    verdict.classList.remove("verdict--waiting", "verdict--ok", "verdict--bad");
    verdict.classList.add("verdict--" + state);
    verdict.querySelector("strong").textContent = sentence;
    var mark = verdict.querySelector("path");
    if (mark) mark.setAttribute("d", marks[state]);
  }

  function write(selector, text) {
    var element = place.querySelector(selector);
    if (element) element.textContent = text;
  }

  async function get(address) {
    var answer = await fetch(address, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(address + " answered " + answer.status);
    return answer.json();
  }

  async function check() {
    if (!window.crypto || !crypto.subtle) return;
    say("waiting", words.wordsWaiting);
    var found = await Promise.all([get(words.verify), get(words.verifyHead)]);
    var proof = found[0];
    var leaf = Uint8Array.from(atob(proof.leaf), function (letter) { return letter.charCodeAt(0); });
    var entry = JSON.parse(new TextDecoder().decode(leaf));
    var content = join(bytesOfHex(words.verifySalt), new TextEncoder().encode(words.verifyContent));
    var fingerprint = hexOf(await sha256(content));
    var root = await rootOf(leaf, proof.leaf_index, proof.tree_size, proof.path);
    write("[data-proof-content]", fingerprint);
    write("[data-proof-root]", root || "-");
    var headFits = found[1].tree_size !== proof.tree_size || found[1].root === proof.root;
    var fits = fingerprint === entry.content && root === proof.root && headFits;
    say(fits ? "ok" : "bad", fits ? words.wordsOk : words.wordsBad);
  }

  check().catch(function () { say("waiting", words.wordsFailed); });
})();
