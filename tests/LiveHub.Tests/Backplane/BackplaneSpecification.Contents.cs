namespace LiveHub.Tests.Backplane;

public abstract partial class BackplaneSpecification
{
    [Fact]
    public async Task Changesets_come_out_as_they_went_in()
    {
        var log = await NodeAsync();
        var samples = Samples.All();
        samples.ForEach(log.Append);
        var entries = await TakeAsync(log, 0, samples.Count);
        Assert.Equal(samples.Select(Samples.Text), entries.Select(e => Samples.Text(e.Changeset)));
        Assert.All(entries, e => Assert.True(e.Changeset.SizeBytes > 0));
    }

    [Fact]
    public async Task Entries_say_when_they_came_into_the_log()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 1);
        await PassAsync(TimeSpan.FromMilliseconds(20));
        await AppendAsync(log, 1);
        var entries = await TakeAsync(log, 0, 2);
        Assert.True(entries[0].At > DateTimeOffset.UnixEpoch);
        Assert.True(entries[1].At > entries[0].At);
    }
}
