namespace LiveHub.Tests.Protocol;

public sealed class GoldenHashTests
{
    [Fact]
    public void Messages_do_not_change_without_a_word_about_the_version()
    {
        var file = Path.Combine(Golden.Folder, "hash.txt");
        var line = Golden.Line();
        if (File.ReadAllText(file).Trim() != line)
        {
            Assert.Fail($"""
                The golden messages in tests/protocol, or the protocol's version, have changed.
                - Could a client that speaks the present version misunderstand a message now? Then raise the version: ServerMessages.ProtocolVersion,
                  the client package's, and docs/protocol.md; servers go on speaking the version before.
                - Is it only an addition, which such clients ignore (P2)? Then the version stays.
                In both cases put this line into {file}:
                {line}
                """);
        }
    }
}
