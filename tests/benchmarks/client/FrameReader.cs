using System.Buffers.Binary;

namespace BenchClient;

/// <summary>Takes WebSocket frames off text, as a server sends them: unmasked, in as many frames as it likes, and read in pieces of any size.</summary>
internal sealed class FrameReader
{
    private const int LongestHead = 10;

    private readonly byte[] _head = new byte[LongestHead];
    private int _headLength;
    private long _payloadLeft;
    private bool _isText;

    /// <summary>Moves the text in some bytes to their beginning.</summary>
    /// <returns>Its length.</returns>
    public int Unwrap(Span<byte> bytes)
    {
        var length = 0;
        for (var i = 0; i < bytes.Length;)
        {
            if (_payloadLeft == 0)
            {
                _head[_headLength++] = bytes[i++];
                ReadHead();
                continue;
            }

            var payload = bytes.Slice(i, (int)Math.Min(_payloadLeft, bytes.Length - i));
            if (_isText)
            {
                payload.CopyTo(bytes[length..]);
                length += payload.Length;
            }

            _payloadLeft -= payload.Length;
            i += payload.Length;
        }

        return length;
    }

    private void ReadHead()
    {
        var whole = _headLength < 2 ? 2 : (_head[1] & 0x7F) switch { 126 => 4, 127 => LongestHead, _ => 2 };
        if (_headLength < whole)
        {
            return;
        }

        _isText = (_head[0] & 0x0F) is 0 or 1;
        _payloadLeft = whole switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)),
            LongestHead => BinaryPrimitives.ReadInt64BigEndian(_head.AsSpan(2)),
            _ => _head[1] & 0x7F,
        };
        _headLength = 0;
    }
}
