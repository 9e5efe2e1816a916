using System.Buffers.Binary;
using System.Text;

namespace LiveHub.Redis;

/// <summary>What goes over the channel: entries, or that there are some, a question, a mark by which a node finds out that it listens, or that another log was begun.</summary>
internal abstract record LogMessage
{
    private const int EpochLength = 16;
    private const int EntriesHeader = 1 + EpochLength + 8;

    /// <summary>Entries of one epoch, in order and without gaps.</summary>
    public sealed record Entries(string Epoch, IReadOnlyList<LogFrame> Frames) : LogMessage;

    /// <summary>Another epoch was begun.</summary>
    public sealed record Begun(string Epoch) : LogMessage;

    /// <summary>The log has grown by more than goes into a message: it is read from the stream.</summary>
    public sealed record Grown(string Epoch, long Head) : LogMessage;

    /// <summary>Somebody is on another database than the log is of, and wants to know whether everybody is.</summary>
    public sealed record Ask : LogMessage;

    /// <summary>A node's mark.</summary>
    public sealed record Mark(string Text) : LogMessage;

    public static string NewEpoch() => Random.Shared.NextInt64(long.MinValue, long.MaxValue).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    public static byte[] WriteMark(string text) => Encoding.ASCII.GetBytes("M" + text);

    /// <returns>Null where it is none of ours: somebody else publishes on the channel. What is in the stream is read from there.</returns>
    public static LogMessage? Read(byte[] bytes)
    {
        try
        {
            return ReadAny(bytes);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static LogMessage? ReadAny(byte[] bytes) => bytes switch
    {
        [(byte)'E', ..] when bytes.Length >= EntriesHeader => ReadFrames(bytes) is { } frames ? new Entries(Encoding.ASCII.GetString(bytes, 1, EpochLength), frames) : null,
        [(byte)'B', ..] => new Begun(Encoding.ASCII.GetString(bytes, 1, bytes.Length - 1)),
        [(byte)'L', ..] when bytes.Length == EntriesHeader => new Grown(Encoding.ASCII.GetString(bytes, 1, EpochLength), BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(1 + EpochLength))),
        [(byte)'A'] => new Ask(),
        [(byte)'M', ..] => new Mark(Encoding.ASCII.GetString(bytes, 1, bytes.Length - 1)),
        _ => null,
    };

    private static List<LogFrame>? ReadFrames(byte[] bytes)
    {
        var frames = new List<LogFrame>();
        var offset = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(1 + EpochLength));
        for (var at = EntriesHeader; at < bytes.Length; offset++)
        {
            var length = at + 4 <= bytes.Length ? BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)) : -1;
            at += 4;
            if (length < LogFrame.HeaderBytes || length > bytes.Length - at)
            {
                return null;
            }

            frames.Add(LogFrame.Read(offset, bytes.AsMemory(at, length)));
            at += length;
        }

        return frames;
    }
}
