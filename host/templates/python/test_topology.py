"""Components are plain objects in a test: a list in, a list out."""

import unittest

from stormhost.testing import run_bolt

from topology import Count, Split


class WordCountTest(unittest.TestCase):
    def test_a_line_is_taken_apart(self):
        result = run_bolt(Split(), [{'line': 'The cow, the moon'}])
        self.assertEqual(result.emitted, ['the', 'cow', 'the', 'moon'])
        self.assertEqual(len(result.acked), 1)

    def test_words_are_counted(self):
        result = run_bolt(Count(), [{'word': word} for word in ['cow', 'moon', 'cow']])
        self.assertEqual(result.emitted, [('cow', 1), ('moon', 1), ('cow', 2)])


if __name__ == '__main__':
    unittest.main()
