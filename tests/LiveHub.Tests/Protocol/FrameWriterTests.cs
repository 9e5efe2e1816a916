using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using LiveHub.Protocol;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Protocol;

public sealed class FrameWriterTests
{
    /// <summary>What is written: a message of some size, a step of ops of some sizes, or a flush.</summary>
    private static readonly Gen<(int? Message, int[]? Ops)> Items = Gen.Frequency(
        (2, Sizes().Select(size => ((int?)size, (int[]?)null))),
        (4, from count in Gen.Elements(0, 1, 2, 3, 10, 30) from sizes in Sizes().ArrayOf(count) select ((int?)null, (int[]?)sizes)),
        (1, Gen.Constant(((int?)null, (int[]?)null))));

    [Fact]
    public void Rule_18_whatever_is_written_comes_in_frames_within_the_bound_in_order_and_whole()
        => Always.HoldsForLists(Items, items =>
        {
            var frames = Write(items, out var expected);
            var read = new List<string>();
            var open = new Dictionary<long, string>();
            var steps = new HashSet<long>();
            foreach (var frame in frames)
            {
                var messages = Frames.Messages(frame);
                Assert.NotEmpty(messages);
                Assert.True(frame.Length <= FrameWriter.MaxBytes || IsOne(messages), $"A frame of {frame.Length} bytes has more than one op.");
                foreach (var message in messages)
                {
                    Read(message, read, open, steps);
                }
            }

            Assert.Empty(open);

            // Of steps in one message only the last says where it ends.
            Assert.Equal(expected.Count, read.Count);
            Assert.All(expected.Zip(read), pair => Assert.True(pair.First == pair.Second || pair.First == pair.Second + End(pair.First), $"{pair.Second} is not {pair.First}"));
        }, runs: 40);

    [Fact]
    public void P13_only_a_step_that_does_not_fit_into_one_frame_comes_in_parts()
    {
        for (var size = FrameWriter.MaxBytes - 300; size < FrameWriter.MaxBytes + 10; size++)
        {
            var frame = Assert.Single(Write([(null, [size])], out _));
            var isPart = (string?)Assert.Single(Frames.Messages(frame))["type"] == "part";
            Assert.True(isPart || frame.Length <= FrameWriter.MaxBytes);
            Assert.True(!isPart || frame.Length > FrameWriter.MaxBytes - 200);
        }
    }

    [Fact]
    public async Task P13_a_step_that_is_written_over_time_is_parts_of_one_number_and_others_come_in_between()
    {
        var frames = new List<byte[]>();
        var writer = Frames.Writer(frame =>
        {
            frames.Add(frame.ToArray());
            return ValueTask.CompletedTask;
        });
        var (first, second) = (writer.BeginLong(), writer.BeginLong());
        await writer.WritePartsAsync(first, Of(20_000, 20_000));
        await writer.WriteAsync(Of(10));
        await writer.WritePartsAsync(second, Of(10));
        await writer.WriteAsync(ServerMessages.Dropped(second));
        await writer.WriteAsync(Of(20_000, 20_000));
        await writer.EndLongAsync(first, Of());
        await writer.FlushAsync();
        var parts = frames.SelectMany(Frames.Messages).Select(m => $"{m["type"]} {m["step"]} {m["ops"]?.AsArray().Count}{m["end"]?["offset"]}{m["dropped"]}");
        Assert.Equal(["part 1 1", "part 1 1", "steps  7", "part 2 1", "part 2 0true", "part 3 1", "part 3 17", "part 1 07"], parts);
        Assert.All(frames, frame => Assert.True(frame.Length <= FrameWriter.MaxBytes));

        static Step Of(params int[] sizes)
        {
            var step = new Step { End = new(7, 1) };
            Array.ForEach(sizes, size => step.AddSnapshot(1, isFirst: false, Encoding.UTF8.GetBytes(new string(' ', size) + "]}")));
            return step;
        }
    }

    [Fact]
    public void P13_whole_steps_that_follow_each_other_say_the_position_once()
    {
        var messages = Frames.Messages(Assert.Single(Write([(null, [10]), (null, [11, 12]), (10, null), (null, [13])], out _)));
        Assert.Equal(["steps", "welcome", "steps"], messages.Select(m => (string?)m["type"]));
        Assert.Equal([1, 2], messages[0]["steps"]!.AsArray().Select(s => s!.AsArray().Count));
        Assert.Equal(1, (long)messages[0]["end"]!["offset"]!);
        Assert.Equal(3, (long)messages[2]["end"]!["offset"]!);
    }

    [Fact]
    public void Small_messages_and_steps_share_a_frame()
        => Assert.Equal(3, Frames.Messages(Assert.Single(Write([(10, null), (null, [10, 10]), (null, [10]), (10, null)], out _))).Count);

    [Fact]
    public void Nothing_is_handed_on_where_nothing_was_written() => Assert.Empty(Write([(null, null), (null, null)], out _));

    [Fact]
    public async Task What_was_not_flushed_is_dropped_with_the_buffer()
    {
        var frames = 0;
        var writer = Frames.Writer(_ =>
        {
            frames++;
            return ValueTask.CompletedTask;
        });
        await writer.WriteAsync("{}"u8.ToArray());
        writer.Release();
        await writer.FlushAsync();
        Assert.Equal(0, frames);
        await writer.WriteAsync("{}"u8.ToArray());
        await writer.FlushAsync();
        Assert.Equal(1, frames);
    }

    private static void Read(JsonObject message, List<string> read, Dictionary<long, string> open, HashSet<long> steps)
    {
        if ((string?)message["type"] == "steps")
        {
            var whole = message["steps"]!.AsArray();
            Assert.NotEmpty(whole);
            read.AddRange(whole.Select(step => Ops(step!)));
            read[^1] += message["end"]!.ToJsonString();
            return;
        }

        if ((string?)message["type"] != "part")
        {
            read.Add(message.ToJsonString());
            return;
        }

        var number = (long)message["step"]!;
        Assert.True(open.ContainsKey(number) || steps.Add(number), $"Step {number} goes on after its end.");
        open[number] = open.GetValueOrDefault(number, "") + Ops(message["ops"]!);
        Assert.True(message["end"] is not null || message["ops"]!.AsArray().Count > 0, "A part holds nothing.");
        if (message["end"] is { } end)
        {
            open.Remove(number, out var ops);
            read.Add($"{ops}{end.ToJsonString()}");
        }

        static string Ops(JsonNode ops) => string.Concat(ops.AsArray().Select(o => o!.ToJsonString() + ";"));
    }

    private static List<byte[]> Write((int? Message, int[]? Ops)[] items, out List<string> expected)
    {
        var frames = new List<byte[]>();
        var writer = Frames.Writer(frame =>
        {
            frames.Add(frame.ToArray());
            return ValueTask.CompletedTask;
        });
        expected = [];
        var step = new Step();
        foreach (var (message, ops) in items)
        {
            if (message is { } size)
            {
                var text = $$"""{"type":"welcome","n":{{expected.Count}},"text":"{{new string('m', size)}}"}""";
                expected.Add(text);
                Completed(writer.WriteAsync(Encoding.UTF8.GetBytes(text)));
            }
            else if (ops is not null)
            {
                expected.Add(Fill(step, ops, expected.Count));
                if (ops is not [_] || !writer.TryWrite(Only(step), step.End))
                {
                    Completed(writer.WriteAsync(step));
                }
            }
            else
            {
                Completed(writer.FlushAsync());
            }
        }

        Completed(writer.FlushAsync());
        writer.Release();
        return frames;
    }

    private static string Fill(Step step, int[] sizes, int number)
    {
        step.Clear();
        step.End = new(number == 0 ? long.MaxValue : number, ulong.MaxValue - (ulong)number);
        var expected = new StringBuilder();
        foreach (var size in sizes)
        {
            var text = new string('x', size);
            if (size % 2 == 0)
            {
                step.AddRow(Encoding.UTF8.GetBytes($$"""{"key":{{size}},"version":1,"set":{"text":"{{text}}"}"""), [number], [2, 3], []);
                expected.Append(null, $$$"""{"key":{{{size}}},"version":1,"set":{"text":"{{{text}}}"},"insert":[{{{number}}}],"update":[2,3]};""");
            }
            else
            {
                step.AddSnapshot(number, isFirst: size % 3 == 0, Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"}]}"""));
                expected.Append(null, $$$"""{"shape":{{{number}}},{{{(size % 3 == 0 ? "\"snapshot\":null," : "")}}}"rows":[{"text":"{{{text}}}"}]};""");
            }
        }

        return expected.Append(null, $$"""{"offset":{{step.End.Offset}},"tag":"{{step.End.Tag:x16}}"}""").ToString();
    }

    private static string End(string step) => step[(step.LastIndexOf(';') + 1)..];

    private static byte[] Only(Step step)
    {
        var (head, rows, _) = step.Piece(0, out var own);
        return [.. head.Span, .. own, .. rows.Span];
    }

    private static bool IsOne(List<JsonObject> messages)
        => messages is [var message] && (message["ops"] ?? message["steps"]?[0]) is null or JsonArray { Count: 1 };

    private static void Completed(ValueTask task)
    {
        Assert.True(task.IsCompletedSuccessfully);
        task.GetAwaiter().GetResult();
    }

    private static Gen<int> Sizes() => Gen.Frequency(
        (6, Gen.Choose(0, 300)), (2, Gen.Choose(5_000, 20_000)), (2, Gen.Choose(32_000, 33_000)), (1, Gen.Choose(40_000, 70_000)));
}
