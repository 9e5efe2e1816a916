using System.Buffers;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.Formats;

/// <summary>Changesets as bytes, for processes whose models may differ: everything goes by name (docs/decisions/0016).</summary>
internal sealed class ChangesetCodec(LiveModel model)
{
    private readonly RowFormats _formats = new(model);

    /// <summary>
    /// What rows of the model hold and cannot be written, each with its remedy. A model with faults works, but slowly: other processes read every row of such an
    /// entity again that changes.
    /// </summary>
    public static IReadOnlyList<string> Faults(LiveModel model)
        => [.. from entity in model.Entities
               from column in entity.Columns
               where column.IsCaptured && ValueFormats.Find(column) is null
               select $"{entity}.{column.PropertyName}: values of type {column.Property.ClrType.Name} cannot be sent to other nodes, and rows are not complete without them" +
                   $"{(column.IsExposed ? "" : ": a key, a relation or a query filter names the property")}. Give it a value converter to a simple type."];

    public void Write(IBufferWriter<byte> target, Changeset changeset) => new ChangesetWriter(_formats).Write(target, changeset);

    /// <summary>
    /// The changeset as this model has it. An entity that it does not have is left out, a column too; a row that lacks one of the model's columns, or whose value is none of its
    /// column's, is an invalidation of its key. Little or nothing may be left.
    /// </summary>
    /// <exception cref="ChangesetFormatException">It is no changeset, or in a format that is not known.</exception>
    public Changeset Read(ReadOnlySpan<byte> bytes) => new ChangesetReader(_formats).Read(bytes);
}
