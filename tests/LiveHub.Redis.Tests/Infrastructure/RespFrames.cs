using System.Buffers.Text;

namespace LiveHub.Redis.Tests.Infrastructure;

/// <summary>Cuts what a redis-server says into its answers and deliveries, as they come in pieces.</summary>
internal sealed class RespFrames
{
    private static ReadOnlySpan<byte> Delivery => "*3\r\n$7\r\nmessage\r\n"u8;

    private static ReadOnlySpan<byte> PatternDelivery => "*4\r\n$8\r\npmessage\r\n"u8;

    private byte[] _rest = [];

    /// <summary>Whether it is what somebody has published.</summary>
    public static bool IsDelivery(ReadOnlySpan<byte> frame) => frame.StartsWith(Delivery) || frame.StartsWith(PatternDelivery);

    /// <summary>Those that are complete by now.</summary>
    public List<byte[]> Add(ReadOnlySpan<byte> piece)
    {
        byte[] all = [.. _rest, .. piece];
        var frames = new List<byte[]>();
        var at = 0;
        while (EndOf(all, at) is { } end)
        {
            frames.Add(all[at..end]);
            at = end;
        }

        _rest = all[at..];
        return frames;
    }

    /// <summary>Where a frame ends; null where it is not complete.</summary>
    private static int? EndOf(byte[] bytes, int start)
    {
        var line = bytes.AsSpan(start).IndexOf("\r\n"u8);
        if (line < 0)
        {
            return null;
        }

        var end = start + line + 2;
        if (bytes[start] is not ((byte)'$' or (byte)'*'))
        {
            return end;
        }

        Assert.True(Utf8Parser.TryParse(bytes.AsSpan(start + 1, line - 1), out int count, out _), "a length is no number");
        if (bytes[start] is (byte)'$')
        {
            end += count < 0 ? 0 : count + 2;
            return end <= bytes.Length ? end : null;
        }

        for (var i = 0; i < count; i++)
        {
            if (EndOf(bytes, end) is not { } next)
            {
                return null;
            }

            end = next;
        }

        return end;
    }
}
