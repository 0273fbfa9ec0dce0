// Verifies a log with Go's own libraries, golang.org/x/mod/sumdb/note and tlog: nothing here is Carnet's.
//
//	verify checkpoint DIR KEY              prints the size that was signed
//	verify record DIR KEY INDEX ENTRY HASHES
//	verify tree DIR KEY SIZE ROOT HASHES
//	verify tiles DIR KEY INDEX             prints the proof that the tiles in DIR give
//	verify sign NAME TEXT                  prints a verifier key, and a note on the lines after it
//
// ENTRY, ROOT and HASHES are base64; hashes stand one after the other.
package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	args := os.Args[2:]
	if os.Args[1] == "sign" {
		sign(args[0], args[1])
		return
	}
	tree := open(args[0], args[1])
	switch os.Args[1] {
	case "checkpoint":
		fmt.Println(tree.N)
	case "record":
		check(tlog.CheckRecord(tlog.RecordProof(hashes(args[4])), tree.N, tree.Hash, number(args[2]), tlog.RecordHash(bytes(args[3]))))
	case "tree":
		check(tlog.CheckTree(tlog.TreeProof(hashes(args[4])), tree.N, tree.Hash, number(args[2]), hashes(args[3])[0]))
	case "tiles":
		proof, err := tlog.ProveRecord(tree.N, number(args[2]), tlog.TileHashReader(tree, folder(args[0])))
		check(err)
		for _, hash := range proof {
			fmt.Println(hash)
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func bytes(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	check(err)
	return data
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	check(err)
	return value
}

func hashes(text string) []tlog.Hash {
	data := bytes(text)
	found := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range found {
		copy(found[i][:], data[i*tlog.HashSize:])
	}
	return found
}

// open checks the signature and reads origin, size and root: a checkpoint's first line differs from a sumdb tree's.
func open(dir, key string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	check(err)
	message, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	check(err)
	opened, err := note.Open(message, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	hash, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: number(lines[1]), Hash: hash}
}

func sign(name, text string) {
	private, public, err := note.GenerateKey(rand.Reader, name)
	check(err)
	signer, err := note.NewSigner(private)
	check(err)
	message, err := note.Sign(&note.Note{Text: text}, signer)
	check(err)
	fmt.Printf("%s\n%s", public, message)
}

// folder reads tiles of height 8, whose C2SP names are tlog's without the height.
type folder string

func (dir folder) Height() int { return 8 }

func (dir folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(dir), strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (dir folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
