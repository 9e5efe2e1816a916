namespace BoardSample.Model;

/// <summary>Somebody who works on cards and writes comments. The email is for the API only; LiveHub does not show it.</summary>
public sealed class Member
{
    public int Id { get; init; }
    public required string Name { get; set; }
    public string Email { get; set; } = "";

    public ICollection<Card> Cards { get; } = [];
}
