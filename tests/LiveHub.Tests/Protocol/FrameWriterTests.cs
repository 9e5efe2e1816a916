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
            Assert.Equal(expected, read);
        }, runs: 40);

    [Fact]
    public void P13_only_a_step_that_does_not_fit_into_one_frame_has_a_number()
    {
        for (var size = FrameWriter.MaxBytes - 300; size < FrameWriter.MaxBytes + 10; size++)
        {
            var frame = Assert.Single(Write([(null, [size])], out _));
            var isNumbered = Assert.Single(Frames.Messages(frame)).ContainsKey("step");
            Assert.True(isNumbered || frame.Length <= FrameWriter.MaxBytes);
            Assert.True(!isNumbered || frame.Length > FrameWriter.MaxBytes - 200);
        }
    }

    [Fact]
    public void Small_messages_and_steps_share_a_frame()
        => Assert.Equal(4, Frames.Messages(Assert.Single(Write([(10, null), (null, [10, 10]), (10, null), (null, [10])], out _))).Count);

    [Fact]
    public void Nothing_is_handed_on_where_nothing_was_written() => Assert.Empty(Write([(null, null), (null, null)], out _));

    [Fact]
    public async Task What_was_not_flushed_is_dropped_with_the_buffer()
    {
        var frames = 0;
        var writer = new FrameWriter(_ =>
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
        if ((string?)message["type"] != "part")
        {
            read.Add(message.ToJsonString());
            return;
        }

        var ops = string.Concat(message["ops"]!.AsArray().Select(o => o!.ToJsonString() + ";"));
        if ((long?)message["step"] is { } number)
        {
            Assert.True(open.ContainsKey(number) || steps.Add(number), $"Step {number} goes on after its end.");
            open[number] = open.GetValueOrDefault(number, "") + ops;
            Assert.True(message["end"] is not null || message["ops"]!.AsArray().Count > 0, "A part holds nothing.");
            if (message["end"] is null)
            {
                return;
            }

            open.Remove(number, out ops);
        }

        read.Add($"{ops}{message["end"]!.ToJsonString()}");
    }

    private static List<byte[]> Write((int? Message, int[]? Ops)[] items, out List<string> expected)
    {
        var frames = new List<byte[]>();
        var writer = new FrameWriter(frame =>
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
                Completed(writer.WriteAsync(step));
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

    private static bool IsOne(List<JsonObject> messages)
        => messages.Count == 1 && (messages[0]["ops"] is not JsonArray ops || ops.Count == 1);

    private static void Completed(ValueTask task)
    {
        Assert.True(task.IsCompletedSuccessfully);
        task.GetAwaiter().GetResult();
    }

    private static Gen<int> Sizes() => Gen.Frequency(
        (6, Gen.Choose(0, 300)), (2, Gen.Choose(5_000, 20_000)), (2, Gen.Choose(32_000, 33_000)), (1, Gen.Choose(40_000, 70_000)));
}
