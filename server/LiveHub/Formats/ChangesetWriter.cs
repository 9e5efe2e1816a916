using System.Buffers;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.Formats;

/// <summary>
/// Writes one changeset: version of the format, flags, id, transaction, trace; groups of changes, each with its columns or the number of those that were named
/// before, and an end; invalidations.
/// </summary>
internal sealed class ChangesetWriter(RowFormats formats)
{
    public const byte Version = 1;

    public const byte HasTransaction = 1;
    public const byte HasTrace = 2;

    /// <summary>What stands for a group's columns: no more groups, columns that are named here, or the number of a former group's from here on.</summary>
    public const int End = 0;
    public const int New = 1;
    public const int Former = 2;

    /// <summary>Stands for an operation: a row that could not be written, not even its key.</summary>
    public const byte Unwritten = 0xFF;

    private readonly List<RowFormat> _named = [];
    private ArrayBufferWriter<byte>? _apart;

    public void Write(IBufferWriter<byte> target, Changeset changeset)
    {
        var writer = new ByteWriter(target);
        writer.Write(Version);
        writer.Write((byte)((changeset.Transaction is null ? 0 : HasTransaction) | (changeset.Trace is null ? 0 : HasTrace)));
        writer.Write(changeset.Id.Value);
        if (changeset.Transaction is { } transaction)
        {
            writer.WriteVarint(transaction.Value);
        }

        if (changeset.Trace is { } trace)
        {
            writer.WriteText(trace);
        }

        WriteChanges(ref writer, changeset.Changes.AsSpan());
        writer.WriteVarint((ulong)changeset.Invalidations.Length);
        foreach (var invalidation in changeset.Invalidations)
        {
            Write(ref writer, invalidation);
        }

        writer.Flush();
    }

    private void WriteChanges(ref ByteWriter writer, ReadOnlySpan<Change> changes)
    {
        long version = 0;
        while (!changes.IsEmpty)
        {
            var entity = changes[0].Entity;
            var end = 1;
            while (end < changes.Length && changes[end].Entity == entity)
            {
                end++;
            }

            var format = formats.Of(entity).Rows;
            WriteName(ref writer, format);
            writer.WriteVarint((ulong)end);
            foreach (var change in changes[..end])
            {
                Write(ref writer, format, change, version);
                version = change.Version;
            }

            changes = changes[end..];
        }

        writer.WriteVarint(End);
    }

    private void WriteName(ref ByteWriter writer, RowFormat format)
    {
        var former = _named.IndexOf(format);
        if (former >= 0)
        {
            writer.WriteVarint((ulong)(Former + former));
            return;
        }

        _named.Add(format);
        writer.WriteVarint(New);
        writer.WriteDelimited(format.Header.Span);
    }

    private void Write(ref ByteWriter writer, RowFormat format, Change change, long lastVersion)
    {
        if (!format.MayThrow)
        {
            WriteRows(ref writer, format, change, lastVersion);
        }
        else if (TryWriteApart((ref apart) => WriteRows(ref apart, format, change, lastVersion)))
        {
            writer.Write(_apart!.WrittenSpan);
        }
        else
        {
            writer.Write(Unwritten);
            writer.WriteSigned(change.Version - lastVersion);
        }
    }

    private static void WriteRows(ref ByteWriter writer, RowFormat format, Change change, long lastVersion)
    {
        writer.Write((byte)change.Operation);
        writer.WriteSigned(change.Version - lastVersion);
        if (change.Before is { } before)
        {
            format.Write(ref writer, before, changed: null);
        }

        if (change.After is { } after)
        {
            format.Write(ref writer, after, change.Before is null ? null : change.Changed);
        }
    }

    private void Write(ref ByteWriter writer, Invalidation invalidation)
    {
        writer.WriteText(invalidation.Entity.Name);
        var terms = new List<byte[]>(invalidation.Terms.Length);
        foreach (var term in invalidation.Terms)
        {
            // One term less is more rows than need be, and never fewer.
            var columns = term.Columns.Select(formats.Of(invalidation.Entity).Find).OfType<ColumnFormat>().ToList();
            if (columns.Count == term.Columns.Length && TryWriteApart((ref apart) => Write(ref apart, new RowFormat(formats.Of(invalidation.Entity), columns), term)))
            {
                terms.Add(_apart!.WrittenSpan.ToArray());
            }
        }

        writer.WriteVarint((ulong)terms.Count);
        foreach (var term in terms)
        {
            writer.Write(term);
        }
    }

    private static void Write(ref ByteWriter writer, RowFormat format, Term term)
    {
        writer.WriteDelimited(format.Header.Span);
        writer.WriteVarint((ulong)term.Values.Length);
        foreach (var values in term.Values)
        {
            format.Write(ref writer, values);
        }
    }

    /// <summary>False where a converter threw: it is the application's code, and what it wrote so far is left behind.</summary>
    private bool TryWriteApart(WriteApart write)
    {
        _apart ??= new();
        _apart.ResetWrittenCount();
        try
        {
            var writer = new ByteWriter(_apart);
            write(ref writer);
            writer.Flush();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private delegate void WriteApart(ref ByteWriter writer);
}
