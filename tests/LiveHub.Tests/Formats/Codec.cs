using System.Buffers;
using LiveHub.Changes;
using LiveHub.Formats;
using LiveHub.Model;

namespace LiveHub.Tests.Formats;

/// <summary>Changesets on their way from one process to another.</summary>
internal static class Codec
{
    public static byte[] Write(LiveModel model, Changeset changeset)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new ChangesetCodec(model).Write(buffer, changeset);
        return buffer.WrittenSpan.ToArray();
    }

    public static Changeset Read(LiveModel model, ReadOnlySpan<byte> bytes) => new ChangesetCodec(model).Read(bytes);

    public static Changeset Trip(LiveModel model, Changeset changeset) => Read(model, Write(model, changeset));
}
