// Command api writes the exported names of package syscall, read from its source, for the port that GOARCH names.
package main

import (
	"encoding/json"
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"log"
	"os"
	"strings"
)

type declaration struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Signature string `json:"signature"`
}

type listing struct {
	Declarations []declaration     `json:"declarations"`
	Constants    map[string]string `json:"constants"` // exact values
}

func main() {
	log.SetFlags(0)
	pkg, err := importer.ForCompiler(token.NewFileSet(), "source", nil).Import("syscall")
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(list(pkg)); err != nil {
		log.Fatal(err)
	}
}

func list(pkg *types.Package) listing {
	found := listing{Constants: map[string]string{}}
	text := func(t types.Type) string { return types.TypeString(t, types.RelativeTo(pkg)) }
	add := func(kind, name, signature string) {
		found.Declarations = append(found.Declarations, declaration{kind, name, strings.TrimPrefix(signature, "func")})
	}
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Const:
			found.Constants[name] = exact(object.Val())
		case *types.Func:
			add("func", name, text(object.Type()))
		case *types.Var:
			add("var", name, text(object.Type()))
		case *types.TypeName:
			underlying := object.Type().Underlying()
			if fields, ok := underlying.(*types.Struct); ok {
				add("type", name, "struct")
				for field := range fields.Fields() {
					if field.Exported() {
						add("field", name+"."+field.Name(), text(field.Type()))
					}
				}
			} else {
				add("type", name, text(underlying))
			}
			if named, ok := object.Type().(*types.Named); ok {
				for method := range named.Methods() {
					if method.Exported() {
						add("method", name+"."+method.Name(), text(method.Type()))
					}
				}
			}
		default:
			log.Fatalf("%s: what is a %T?", name, object)
		}
	}
	return found
}

func exact(value constant.Value) string {
	if value.Kind() == constant.Bool {
		return map[bool]string{false: "0", true: "1"}[constant.BoolVal(value)]
	}
	return value.ExactString()
}
