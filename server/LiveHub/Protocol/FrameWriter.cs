using System.Buffers;
using System.Globalization;
using LiveHub.Changes;

namespace LiveHub.Protocol;

/// <summary>
/// Composes server messages into hub messages of at most <see cref="MaxBytes"/> and hands them on. The hub message is
/// written as SignalR's JSON protocol frames it, so that no serializer option of the application touches it and no row part
/// is parsed again.
/// </summary>
internal sealed class FrameWriter(IFrameSink sink)
{
    /// <summary>The most that one hub message takes, except for a single op that alone is larger (P3).</summary>
    public const int MaxBytes = 32 * 1024;

    private const int MaxDigits = 20;
    private const int EndBytes = 80;
    private const int WholeBytes = 48 + EndBytes;

    private byte[] _buffer = [];
    private int _length;
    private bool _isEmpty = true;

    /// <summary>The end of the last step of a message of whole steps, which is still open.</summary>
    private Position? _end;
    private long _numbered;

    private static ReadOnlySpan<byte> Open => "{\"type\":1,\"target\":\"Receive\",\"arguments\":[["u8;

    private static ReadOnlySpan<byte> Close => "]]}\u001e"u8;

    private int Space => MaxBytes - Math.Max(_length, Open.Length) - (_end is null ? 0 : EndBytes) - Close.Length - 2;

    /// <summary>Writes one whole server message.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> message)
    {
        await MakeRoomAsync(message.Length);
        BeginMessage();
        Append(message.Span);
    }

    /// <summary>Writes a step of one op, where it fits into the hub message in hand.</summary>
    public bool TryWrite(ReadOnlyMemory<byte> op, Position end)
    {
        if (op.Length + WholeBytes > Space)
        {
            return false;
        }

        BeginWhole();
        Append(op.Span);
        EndWhole(end);
        return true;
    }

    /// <summary>Writes a step: whole where it fits into a hub message, else in as many parts as it takes.</summary>
    public ValueTask WriteAsync(Step step)
    {
        if (step.Size + WholeBytes > Space)
        {
            return WriteLongAsync(step);
        }

        WriteWhole(step);
        return ValueTask.CompletedTask;
    }

    /// <summary>Begins a step that is written over time.</summary>
    /// <returns>Its number.</returns>
    public long BeginLong() => ++_numbered;

    /// <summary>Writes ops of a step that is begun and not at its end, in parts of their own.</summary>
    public async ValueTask WritePartsAsync(long number, Step ops)
    {
        await AppendPartsAsync(number, ops);
        Append("]}"u8);
    }

    /// <summary>Writes the last ops of a step that is begun, and its end.</summary>
    public async ValueTask EndLongAsync(long number, Step rest)
    {
        await AppendPartsAsync(number, rest);
        AppendEnd(rest.End);
    }

    private async ValueTask WriteLongAsync(Step step)
    {
        await FlushAsync();
        if (step.Size + WholeBytes <= Space)
        {
            WriteWhole(step);
            return;
        }

        await EndLongAsync(BeginLong(), step);
    }

    /// <summary>The last part stays open.</summary>
    private async ValueTask AppendPartsAsync(long number, Step step)
    {
        await FlushAsync();
        BeginPart(number);
        var inPart = 0;
        for (var i = 0; i < step.Count; i++)
        {
            if (inPart > 0 && step.Piece(i, out _).Size + EndBytes > Space)
            {
                Append("]}"u8);
                await FlushAsync();
                BeginPart(number);
                inPart = 0;
            }

            AppendOp(step, i, isFirst: inPart++ == 0);
        }
    }

    private void WriteWhole(Step step)
    {
        BeginWhole();
        for (var i = 0; i < step.Count; i++)
        {
            AppendOp(step, i, isFirst: i == 0);
        }

        EndWhole(step.End);
    }

    /// <summary>Hands on what was written since the last time.</summary>
    public async ValueTask FlushAsync()
    {
        if (_isEmpty)
        {
            return;
        }

        EndSteps();
        Append(Close);
        _isEmpty = true;
        var length = _length;
        _length = 0;
        await sink.SendAsync(_buffer.AsMemory(0, length));
    }

    /// <summary>Gives the buffer back until there is something to write again; what was not flushed is dropped.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        _length = 0;
        _isEmpty = true;
        _end = null;
    }

    private ValueTask MakeRoomAsync(int bytes) => bytes > Space ? FlushAsync() : ValueTask.CompletedTask;

    private void BeginMessage()
    {
        if (_isEmpty)
        {
            _length = 0;
            Append(Open);
            _isEmpty = false;
        }
        else
        {
            EndSteps();
            Append(","u8);
        }
    }

    /// <summary>Whole steps that follow each other are one message: it says the position after them once.</summary>
    private void BeginWhole()
    {
        if (_end is null)
        {
            BeginMessage();
            Append("{\"type\":\"steps\",\"steps\":[["u8);
        }
        else
        {
            Append(",["u8);
        }
    }

    private void EndWhole(Position end)
    {
        Append("]"u8);
        _end = end;
    }

    private void EndSteps()
    {
        if (_end is { } end)
        {
            AppendEnd(end);
            _end = null;
        }
    }

    private void BeginPart(long number)
    {
        BeginMessage();
        Append("{\"type\":\"part\",\"step\":"u8);
        Append(number);
        Append(",\"ops\":["u8);
    }

    private void AppendEnd(Position end)
    {
        Append("],\"end\":{\"offset\":"u8);
        Append(end.Offset);
        Append(",\"tag\":\""u8);
        Append(end.Tag, "x16");
        Append("\"}}"u8);
    }

    private void AppendOp(Step step, int index, bool isFirst)
    {
        if (!isFirst)
        {
            Append(","u8);
        }

        var (head, rows, _) = step.Piece(index, out var own);
        Append(head.Span);
        Append(own);
        Append(rows.Span);
    }

    private void Append<T>(T number, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        Reserve(MaxDigits);
        number.TryFormat(_buffer.AsSpan(_length), out var written, format, CultureInfo.InvariantCulture);
        _length += written;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (_length + bytes <= _buffer.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + bytes, Math.Min(MaxBytes, Math.Max(1024, _buffer.Length * 2))));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
