//! The rows of a results frame, one after the other in the order they were emitted.

use stormhost_protocol::frame::{Block, FrameError, Results, U32s};
use stormhost_protocol::{Column, Encoding, Piece, ProtocolError};

use super::core::Core;
use super::emit::Emitted;

/// Rows of streams without fields take no bytes, so the length of a frame does not bound them; this does. Children send 4,096 at the most.
const ROWS_WITHOUT_COLUMNS: u32 = 65_536;

/// What is left of a results frame's rows.
pub(super) struct Rows<'a> {
    from: usize,
    encoding: Encoding,
    streams: usize,
    blocks: Vec<(&'a Block<'a>, Vec<Column<'a>>)>,
    order: &'a [u8],
    direct: Option<U32s<'a>>,
    row: Vec<&'a [u8]>,
    pieces: Vec<Piece<'a>>,
    next: usize,
    /// Where the columns stood before a piece was taken of each.
    before: Vec<Column<'a>>,
}

impl<'a> Rows<'a> {
    /// The rows that the task `from` has emitted.
    ///
    /// # Errors
    /// When a column is no list, or a block claims more rows than can be.
    pub(super) fn open(
        core: &Core,
        from: usize,
        encoding: Encoding,
        results: &'a Results<'a>,
    ) -> Result<Rows<'a>, ProtocolError> {
        let limits = core.limits_of(from);
        let mut blocks = Vec::with_capacity(results.blocks.len());
        for block in &results.blocks {
            if block.columns.is_empty() && block.rows > ROWS_WITHOUT_COLUMNS {
                return Err(ProtocolError::contradiction(
                    "a block without columns has more rows than a frame may hold",
                ));
            }
            let columns = block
                .columns
                .iter()
                .map(|column| match core.tasks[from].repeats {
                    true => Column::open_with_repeats(encoding, column, &limits),
                    false => Column::open(encoding, column, &limits),
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(FrameError::from)?;
            blocks.push((block, columns));
        }
        Ok(Rows {
            from,
            encoding,
            streams: core.topology.components[core.tasks[from].component]
                .streams
                .len(),
            blocks,
            order: results.order,
            direct: results.direct,
            row: Vec::new(),
            pieces: Vec::new(),
            next: 0,
            before: Vec::new(),
        })
    }

    /// A piece of each column of the only block, with its next `n` rows. `None`, and nothing is taken, where they do not stand in one piece;
    /// then [`Rows::next`] has them one by one.
    ///
    /// # Errors
    /// When a value is none.
    #[inline]
    pub(super) fn next_piece(&mut self, n: usize) -> Result<Option<&[Piece<'a>]>, ProtocolError> {
        let [(_, columns)] = &mut self.blocks[..] else {
            return Ok(None);
        };
        self.before.clone_from(columns);
        self.pieces.clear();
        for column in columns.iter_mut() {
            match column.next_piece(n).map_err(FrameError::from)? {
                Some(piece) => self.pieces.push(piece),
                None => {
                    columns.clone_from(&self.before);
                    return Ok(None);
                }
            }
        }
        self.next += n;
        Ok(Some(&self.pieces))
    }

    /// How many columns the only block has.
    pub(super) fn columns(&self) -> usize {
        self.blocks.first().map_or(0, |(_, columns)| columns.len())
    }

    /// Goes past the next `n` rows.
    ///
    /// # Errors
    /// As [`Rows::next`].
    pub(super) fn skip(&mut self, n: usize) -> Result<(), ProtocolError> {
        if self.next_piece(n)?.is_none() {
            for _ in 0..n {
                self.next()?;
            }
        }
        Ok(())
    }

    /// The next row, and whether it is tracked (spouts). To be called as often as the frame says it has rows.
    ///
    /// # Errors
    /// When the frame holds less than it says, or names a stream that is none.
    #[inline]
    pub(super) fn next(&mut self) -> Result<(Emitted<'_>, bool), ProtocolError> {
        let number = self.next;
        self.next += 1;
        let at = self.order.get(number).copied().unwrap_or(0);
        let missing =
            || ProtocolError::contradiction("a column has fewer values than its block has rows");
        let (block, columns) = self.blocks.get_mut(usize::from(at)).ok_or_else(missing)?;
        self.row.clear();
        for column in columns {
            let value = column.next_value().ok_or_else(missing)?;
            self.row.push(value.map_err(FrameError::from)?);
        }
        let stream = usize::from(block.stream);
        if stream >= self.streams {
            return Err(ProtocolError::contradiction(
                "it names a stream by a number that was not agreed on",
            ));
        }
        let direct = self.direct.and_then(|tasks| tasks.get(number));
        let emitted = Emitted {
            from: self.from,
            stream,
            encoding: self.encoding,
            row: &self.row,
            direct: direct.filter(|task| *task != 0),
        };
        Ok((emitted, block.tracked))
    }
}
