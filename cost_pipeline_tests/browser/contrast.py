"""What on a page cannot be read well: text with too little contrast, as WCAG 2.2 measures it."""

from typing import Any

_FAINT = """
() => {
  const numbers = text => {
    const [red, green, blue, alpha = 1] = text.match(/[\\d.]+/g).map(Number)
    const most = text.startsWith('color(') ? 255 : 1
    return [red * most, green * most, blue * most, alpha]
  }
  const over = (front, back) =>
    [0, 1, 2].map(i => front[i] * front[3] + back[i] * (1 - front[3])).concat(1)
  const linear = value => value <= 10.31 ? value / 3294.6 : ((value / 255 + .055) / 1.055) ** 2.4
  const luminance = ([red, green, blue]) =>
    .2126 * linear(red) + .7152 * linear(green) + .0722 * linear(blue)
  const above = e => e ? [...above(e.parentElement), getComputedStyle(e)] : []
  const contrast = e => {
    const styles = above(e)
    const back = styles.reduce((b, s) => over(numbers(s.backgroundColor), b), [255, 255, 255, 1])
    const front = numbers(styles.at(-1).color)
    front[3] *= styles.reduce((product, s) => product * s.opacity, 1)
    const [less, more] = [luminance(over(front, back)), luminance(back)].sort((a, b) => a - b)
    return (more + .05) / (less + .05)
  }
  const large = s => parseFloat(s.fontSize) >= (s.fontWeight >= 700 ? 18.66 : 24)
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found = []
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), e = texts.currentNode.parentElement
    if (!text || !e.checkVisibility({visibilityProperty: true})) continue
    if (e.closest('script, style, canvas, svg, [disabled]')) continue
    if (e.dataset.testid === 'stIconMaterial') continue
    const measured = contrast(e)
    if (measured < (large(getComputedStyle(e)) ? 3 : 4.5))
      found.push(`${measured.toFixed(2)}: ${text.slice(0, 60)}`)
  }
  return found
}
"""


def faint(page: Any) -> list[str]:
    """Each text with its contrast where that is under 4.5, or 3 where it is large.

    Icons, what cannot be used now, and what is drawn (charts, tables) are left out.
    """
    found: list[str] = page.evaluate(_FAINT)
    return found
