from pyleus.storm import Bolt


class SplitWordsBolt(Bolt):
    OUTPUT_FIELDS = {"default": ["word"], "names": ("name",)}

    def process_tuple(self, tup):
        (line,) = tup.values
        for word in line.split():
            stream = None if word.islower() else "names"
            self.emit((word,), stream=stream, anchors=[tup], need_task_ids=False)
        self.ack(tup)


if __name__ == "__main__":
    SplitWordsBolt().run()
