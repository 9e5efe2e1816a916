using System.Buffers.Text;
using System.Runtime.InteropServices;
using LiveHub.Changes;

namespace LiveHub.Protocol;

/// <summary>
/// What a client merges at once: a list of ops and the position after it. Row parts and snapshot rows are referred to, not
/// copied; only what is of this connection, the shape numbers, is written here. Reused from step to step.
/// </summary>
internal sealed class Step
{
    /// <summary>Of a shape's number.</summary>
    private const int MaxDigits = 20;

    private readonly List<Op> _ops = [];
    private readonly List<byte> _own = [];

    /// <summary>Before the shapes for which a row is inserted.</summary>
    public static ReadOnlySpan<byte> Insert => ",\"insert\":["u8;

    /// <summary>Before the shapes for which a row is updated.</summary>
    public static ReadOnlySpan<byte> Update => ",\"update\":["u8;

    /// <summary>Before the shapes for which a row is deleted.</summary>
    public static ReadOnlySpan<byte> Delete => ",\"delete\":["u8;

    /// <summary>Bytes of all ops, with a comma each.</summary>
    public int Size { get; private set; }

    public int Count => _ops.Count;

    /// <summary>How many of the ops are rows.</summary>
    public int Rows { get; private set; }

    /// <summary>The position after it.</summary>
    public Position End { get; set; }

    public void Clear()
    {
        _ops.Clear();
        _own.Clear();
        Size = 0;
        Rows = 0;
    }

    /// <summary>A row, and the shapes for which it is inserted, updated and deleted.</summary>
    /// <param name="part">The row part: an object that is still open.</param>
    /// <param name="transaction">What wrote it, where a snapshot that the client has may show that already.</param>
    public void AddRow(ReadOnlyMemory<byte> part, List<long> inserted, List<long> updated, List<long> deleted, TransactionId? transaction = null)
    {
        var start = _own.Count;
        WriteShapes(Insert, inserted);
        WriteShapes(Update, updated);
        WriteShapes(Delete, deleted);
        if (transaction is { } named)
        {
            _own.AddRange(",\"transaction\":\""u8);
            WriteNumber(named.Value);
            _own.Add((byte)'"');
        }

        _own.Add((byte)'}');
        Add(part, start, default);
        Rows++;
    }

    /// <summary>A row, as an op that was put together already.</summary>
    public void AddRow(ReadOnlyMemory<byte> op)
    {
        Add(op, _own.Count, default);
        Rows++;
    }

    /// <summary>Some rows of a snapshot.</summary>
    /// <param name="rows">The rows, separated by commas, and <c>]}</c>.</param>
    /// <param name="transactions">Which transactions they show, where the database can tell.</param>
    public void AddSnapshot(long shape, bool isFirst, ReadOnlyMemory<byte> rows, TransactionSnapshot? transactions = null)
    {
        var start = _own.Count;
        _own.AddRange("{\"shape\":"u8);
        WriteNumber(shape);
        if (isFirst)
        {
            _own.AddRange(",\"snapshot\":"u8);
            Write(transactions);
        }

        _own.AddRange(",\"rows\":["u8);
        Add(default, start, rows);
    }

    /// <summary>The pieces of an op, in the order in which they are written.</summary>
    public (ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Rows, int Size) Piece(int index, out ReadOnlySpan<byte> own)
    {
        var op = _ops[index];
        own = CollectionsMarshal.AsSpan(_own).Slice(op.OwnStart, op.OwnLength);
        return (op.Head, op.Rows, op.Size);
    }

    /// <summary>A row op for one shape.</summary>
    /// <param name="part">The row part: an object that is still open.</param>
    /// <param name="list"><see cref="Insert"/>, <see cref="Update"/> or <see cref="Delete"/>.</param>
    public static byte[] Encode(ReadOnlyMemory<byte> part, ReadOnlySpan<byte> list, long shape)
    {
        Span<byte> digits = stackalloc byte[MaxDigits];
        Utf8Formatter.TryFormat(shape, digits, out var length);
        return [.. part.Span, .. list, .. digits[..length], .. "]}"u8];
    }

    private void Add(ReadOnlyMemory<byte> head, int start, ReadOnlyMemory<byte> rows)
    {
        var op = new Op(head, start, _own.Count - start, rows);
        _ops.Add(op);
        Size += op.Size + 1;
    }

    private void WriteShapes(ReadOnlySpan<byte> name, List<long> shapes)
    {
        if (shapes.Count == 0)
        {
            return;
        }

        _own.AddRange(name);
        for (var i = 0; i < shapes.Count; i++)
        {
            if (i > 0)
            {
                _own.Add((byte)',');
            }

            WriteNumber(shapes[i]);
        }

        _own.Add((byte)']');
    }

    private void Write(TransactionSnapshot? transactions)
    {
        if (transactions is null)
        {
            _own.AddRange("null"u8);
            return;
        }

        _own.AddRange("{\"xmin\":\""u8);
        WriteNumber(transactions.XMin.Value);
        _own.AddRange("\",\"xmax\":\""u8);
        WriteNumber(transactions.XMax.Value);
        _own.AddRange("\",\"active\":["u8);
        for (var i = 0; i < transactions.Active.Length; i++)
        {
            _own.AddRange(i == 0 ? "\""u8 : ",\""u8);
            WriteNumber(transactions.Active[i].Value);
            _own.Add((byte)'"');
        }

        _own.AddRange("]}"u8);
    }

    private void WriteNumber(long number) => WriteNumber((ulong)number);

    private void WriteNumber(ulong number)
    {
        Span<byte> digits = stackalloc byte[MaxDigits];
        Utf8Formatter.TryFormat(number, digits, out var length);
        _own.AddRange(digits[..length]);
    }

    private readonly record struct Op(ReadOnlyMemory<byte> Head, int OwnStart, int OwnLength, ReadOnlyMemory<byte> Rows)
    {
        public int Size => Head.Length + OwnLength + Rows.Length;
    }
}
