/** What the page begins with; its script fills it. `{title}` stands for the title, in HTML. */
export const BODY = `<header>
<div class="head">
<h1>{title}</h1>
<ul id="figures" aria-label="Figures of the run"></ul>
</div>
<div class="tools" role="toolbar" aria-label="View">
<span class="group">
<button type="button" id="zoom-in" title="Zoom in (+)" aria-label="Zoom in">+</button>
<button type="button" id="zoom-out" title="Zoom out (−)" aria-label="Zoom out">−</button>
<button type="button" id="fit" title="Show the whole run (0)">Fit</button>
</span>
<span class="group">
<button type="button" id="previous" title="To the event before (P)" aria-label="To the event before">‹</button>
<button type="button" id="play" title="Play (space)" aria-label="Play" aria-pressed="false">▶</button>
<button type="button" id="next" title="To the next event (N)" aria-label="To the next event">›</button>
</span>
<output id="clock" title="Time at the cursor"></output>
<output id="window" class="mute"></output>
<span class="find"><input type="search" id="find" placeholder="Find a task  /" aria-label="Find a task" autocomplete="off">
<ul id="found" hidden></ul></span>
<button type="button" id="theme" title="Light or dark" aria-label="Light or dark">◐</button>
<button type="button" id="help" title="Keys and signs (?)" aria-label="Keys and signs" aria-expanded="false">?</button>
</div>
</header>
<div class="kinds" role="group" aria-label="Messages to show"><span class="mute">Messages</span></div>
<main>
<section id="picture" aria-label="Hosts over time">
<canvas id="overview" tabindex="0" role="slider" aria-label="The part of the run that is shown"></canvas>
<canvas id="axis" aria-hidden="true"></canvas>
<div id="scroller" tabindex="0" role="application"
 aria-label="Hosts over time. Arrow keys move, plus and minus zoom, square brackets go from run to run.">
<div id="rows"><canvas id="canvas"></canvas></div>
</div>
<div id="cursor" hidden></div>
<div id="tip" hidden></div>
</section>
<aside>
<section id="details" aria-live="polite" hidden></section>
<section id="guide" hidden></section>
<section id="list">
<div class="filters" role="group" aria-label="Events to list"></div>
<ol id="events"></ol>
</section>
</aside>
</main>
`;
