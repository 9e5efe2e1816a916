using FsCheck;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

/// <summary>A table of books to which random writes are made, and the changes that they are.</summary>
internal sealed class Table
{
    private readonly SortedDictionary<int, Row> _rows = [];
    private long _version;

    /// <summary>A write: the row with a key becomes this book, or goes.</summary>
    public static Gen<(int Key, Book? Book)> Writes { get; } =
        from key in Gen.Choose(1, 6)
        from book in Filters.Books
        from gone in Gen.Elements(true, false, false, false)
        select (key, gone ? null : book);

    public IReadOnlyDictionary<int, Row> Rows => _rows;

    /// <summary>The change that a write makes; null where it changes nothing.</summary>
    public Change? Write((int Key, Book? Book) write)
    {
        var before = _rows.GetValueOrDefault(write.Key);
        if (write.Book is { } book)
        {
            book.Id = write.Key;
            _rows[write.Key] = Catalog.Row(book);
        }
        else
        {
            _rows.Remove(write.Key);
        }

        return Change.Between(Catalog.Book, ++_version, before, _rows.GetValueOrDefault(write.Key));
    }

    public IEnumerable<Change> Write(IEnumerable<(int Key, Book? Book)> writes) => writes.Select(Write).OfType<Change>();
}
