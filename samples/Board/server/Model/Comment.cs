namespace BoardSample.Model;

/// <summary>What a member said about a card. A client may choose the id, so that it can show the comment before the server answers.</summary>
public sealed class Comment
{
    public Guid Id { get; init; }
    public required int CardId { get; set; }
    public required int MemberId { get; set; }
    public required string Text { get; set; }

    /// <summary>Set by the database when it is not given.</summary>
    public DateTimeOffset CreatedAt { get; set; }
}
